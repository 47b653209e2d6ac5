import { proxyActivities } from '@temporalio/workflow';
import type { Activities, HookName } from '../../activities/activities.js';
import type { Inspection } from '../../activities/recovery-activities.js';
import { transferring } from '../activity-options.js';
import { parseIdent, parseServiceName } from '../contract/names.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { counted } from './backup.js';
import type { GatheredPlans } from './gather.js';
import type { RecoveredImages } from './recovered-images.js';
import { stageOf } from './stage.js';
import { probe, runHooksBefore, startServices } from './up.js';

const { restoreDatabases } = proxyActivities<Activities>(transferring);

/** Steps `databases`, `services` and `probes`: what was swapped in serves, the databases with their rows before all others. */
export async function bringUp(
  input: RecoverInput,
  { manifest }: Inspection,
  plans: GatheredPlans,
  images: RecoveredImages,
  steps: Steps,
  changed: string[],
): Promise<void> {
  const { operationId, host } = input;
  const up = { operationId, host };
  const ran = new Set<string>();
  const { all, databases } = plans;
  if (manifest === undefined || databases === undefined) steps.skip('databases', 'the backup has none');
  else
    await steps.run('databases', async () => {
      const services = manifest.databases.map(parseServiceName);
      for (const hook of databases.hooks) ran.add(hookKey(hook));
      // Init hooks come before all others, of whichever service: one job for all of them whose images are there.
      if (images.areThere) for (const hook of all.hooks) if (hook.hook === 'init') ran.add(hookKey(hook));
      await runHooksBefore(
        up,
        { ...all, hooks: all.hooks.filter((hook) => ran.has(hookKey(hook))) },
        'databases',
      );
      await startServices({ ...up, services }, databases, 'databases', changed);
      const restored = await restoreDatabases({
        ...stageOf(input, 'databases'),
        ...{ ident: parseIdent(input.source.ident), backupId: manifest.operationId, services },
      });
      changed.push(...(restored.left ?? []));
      return `${counted(restored.databases, 'database')} of ${services.join(', ')}`;
    });
  await images.all();
  await steps.run('services', async () => {
    const rest = { ...all, hooks: all.hooks.filter((hook) => !ran.has(hookKey(hook))) };
    await runHooksBefore(up, rest, 'services');
    await startServices(up, rest, 'services', changed);
    return plans.line;
  });
  await steps.run('probes', () => probe(up, all, 'probes'));
}

const hookKey = ({ service, id }: HookName): string => `${service} ${id}`;
