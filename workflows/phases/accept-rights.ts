import { ApplicationFailure } from '@temporalio/workflow';
import type { ServicesPlan } from '../../activities/activities.js';
import type { OperationInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';

/**
 * Step `rights`: what a backup's containers may do to the host beyond what every container may
 * needs a person's consent, since whoever held the lost host wrote that compose.yml. `--yes` is
 * that consent. RightsRefused, when it is not given.
 */
export async function acceptRights(
  { yes = false }: OperationInput,
  // A history of an earlier release has no rights in its plans.
  { rights = [] }: Partial<Pick<ServicesPlan, 'rights'>>,
  steps: Steps,
): Promise<void> {
  await steps.run('rights', async () => {
    if (rights.length === 0) return 'no more than every container has';

    const asked = rights.join('; ');
    if (yes) return `accepted with --yes: ${asked}`;

    const text = `the compose.yml of the backup asks for more than every container may: ${asked}; yes goes on, no ends the recovery and replaces nothing`;
    const answer = await steps.ask({ step: 'rights', text, answers: ['yes', 'no'] });
    if (answer === 'yes') return `accepted: ${asked}`;

    throw ApplicationFailure.nonRetryable(
      `the rights that the backup's compose.yml asks for were refused: ${asked}; nothing was replaced. Take single paths out of the backup, and write a compose.yml of your own`,
      'RightsRefused',
    );
  });
}
