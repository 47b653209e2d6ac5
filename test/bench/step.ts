import { fileURLToPath } from 'node:url';
import { connect } from '../../client/connect.js';
import type { parseConfig } from '../../client/config/parse.js';
import { taskQueue } from '../../workflows/contract/ids.js';
import { runUp } from '../../worker/up.js';
import { type Samples, rounded, sampled, seconds } from './samples.js';

const steps = 100;

/** Milliseconds that Temporal adds to one step: activities that do nothing, one after the other, on the embedded server. */
export async function benchStep(config: ReturnType<typeof parseConfig>): Promise<Samples> {
  const end = new AbortController();
  const workflows = { workflowsPath: fileURLToPath(new URL('step-workflow.ts', import.meta.url)) };
  let ended: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    const onReady = () => resolve();
    ended = runUp({
      config,
      activities: { nothing: () => Promise.resolve() },
      workflows,
      signal: end.signal,
      onReady,
    });
    ended.catch(reject);
  });
  const connected = await connect(config);
  const { client } = connected;
  try {
    const chain = (index: number) =>
      client.workflow.execute('chain', { taskQueue, workflowId: `bench/${index}`, args: [{ steps }] });
    await chain(-1);
    return await sampled(5, async (index) => rounded(((await seconds(() => chain(index))) * 1000) / steps));
  } finally {
    await connected.close();
    end.abort();
    await ended;
  }
}
