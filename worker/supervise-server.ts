import { setTimeout as sleep } from 'node:timers/promises';
import { type TemporalServer, type TemporalServerOptions, startTemporalServer } from './temporal-server.js';

export interface SupervisedServer {
  current(): { address: string; uiUrl: string; namespace: string; serverPid: number };
  /** Aborted, with the reason, when a server that ended could not be started again. */
  failed: AbortSignal;
  onRestart(listener: () => Promise<void>): void;
  stop(): Promise<void>;
}

/** Keeps the embedded server running on the same ports and database: a worker that is connected goes on by itself. */
export async function superviseServer(options: TemporalServerOptions): Promise<SupervisedServer> {
  const { say = () => undefined } = options;
  const failure = new AbortController();
  let stopping = false;
  let listener = (): Promise<void> => Promise.resolve();
  let server = await startTemporalServer(options);
  const portOf = (url: string): number => Number(url.slice(url.lastIndexOf(':') + 1));
  const again = { ...options, port: portOf(server.address), uiPort: portOf(server.uiUrl) };

  const keep = async (): Promise<void> => {
    for (;;) {
      await server.exited;
      if (stopping) return;
      say('the Temporal server ended: starting it again');
      await sleep(500);
      server = await startTemporalServer(again);
      if (stopping) await server.stop();
      else await listener();
    }
  };
  const kept = keep().catch((error: unknown) => failure.abort(error));

  return {
    current: () => description(server),
    failed: failure.signal,
    onRestart: (then) => {
      listener = then;
    },
    stop: async () => {
      stopping = true;
      await server.stop();
      await kept;
    },
  };
}

const description = ({ address, uiUrl, namespace, pid }: TemporalServer) => ({
  address,
  uiUrl,
  namespace,
  serverPid: pid,
});
