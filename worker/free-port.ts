import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port of loopback that is free right now. Not one that systems give to connections (from 32768 on; ip_local_port_range): it is
 * bound a moment later, and such a connection may have it by then.
 */
export async function freePort(): Promise<number> {
  for (let tries = 100; tries > 0; tries -= 1) {
    const port = randomInt(12_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no port of a hundred between 12000 and 32000 is free on 127.0.0.1');
}

/** Whether a server could listen there right now. */
export function isFree(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
