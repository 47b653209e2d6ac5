import type { PlannedInput, StageResult, UpgradeInput } from './activities.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { readHostPlan } from './host-services.js';
import { lookAt } from './look-at.js';
import { requireMailcow } from './mailcow.js';
import { succeeding } from './service-jobs.js';

/** Every package to its newest version; Docker's too, unless a mailcow has to go on. */
export async function upgradePackages(context: StageContext, input: UpgradeInput): Promise<StageResult> {
  const { remote, signal } = context;
  if (input.noDockerRestart) await requireMailcow(remote, input.host);
  if (input.dryRun) return upgraded(await lookAt(remote, 'upgrade-look', [], { signal }));
  const { result } = await succeeding(context, input, {
    script: 'upgrade',
    libraries: ['files', 'apt'],
    args: [input.noDockerRestart ? 'but-docker' : 'all'],
    // A package's own script may take its time and say nothing.
    stallSeconds: 1800,
  });
  return upgraded(result);
}

/** From lines `NAME OLD NEW`. */
function upgraded(lines: string): StageResult {
  const packages = lines
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([name, old, now]) => name !== '' && old !== undefined && now !== undefined);
  const summary = `${packages.length} ${packages.length === 1 ? 'package' : 'packages'}`;
  return { changed: packages.map(([name, old, now]) => `upgraded ${name} ${old} -> ${now}`), summary };
}

/** The images of compose.yml as their registries have them now; containers take them at the next `up`. */
export async function refreshImages(
  context: StageContext,
  input: PlannedInput,
  repositories: readonly CharmRepository[],
): Promise<StageResult> {
  const { plan } = await readHostPlan(context.remote, input, repositories, context.signal);
  const images = plan.images.pull;
  if (images.length === 0 || input.dryRun) return { changed: [], summary: '' };
  const { result } = await succeeding(context, input, {
    ...{ script: 'refresh-images', libraries: ['images'], args: images },
  });
  const changed = result
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^newer /, 'pulled a newer ').replace(/^new /, 'pulled '));
  return { changed, summary: changed.join(', ') };
}
