import { randomInt } from 'node:crypto';
import { isFree } from './free-port.js';

/**
 * Ports that browsers refuse to connect to, whatever name leads there ("port blocking" of the Fetch
 * standard), as far as a process without root may listen on them.
 */
export const portsNoPageReaches: readonly number[] = [
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080],
];

/**
 * A free place on loopback where no page of a browser gets, for a server that cannot tell pages
 * apart.
 */
export async function findUnreachablePlace(): Promise<{ address: string; port: number }> {
  // One of 16 million addresses: another `up` keeps its own, and nobody finds it by trying.
  const address =
    process.platform === 'linux'
      ? `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
      : '127.0.0.1';
  const from = randomInt(portsNoPageReaches.length);
  for (let i = 0; i < portsNoPageReaches.length; i += 1) {
    const port = portsNoPageReaches[(from + i) % portsNoPageReaches.length]!;
    if (await isFree(port, address)) return { address, port };
  }
  throw new Error(
    `none of the ports that browsers refuse is free on ${address}: ${portsNoPageReaches.join(', ')}`,
  );
}
