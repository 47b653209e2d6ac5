import { shellQuote } from '../activities/commands/quote.js';
import type { HostConfig } from './config/schema.js';

export interface Way {
  host: string;
  entry: HostConfig;
  /** Holds the pinned keys under the host's name, and nothing else. */
  knownHosts: string;
}

/** ssh as this configuration reaches the host: its key is pinned, nothing of ~/.ssh/config or its known hosts counts. */
export const sshArgv = ({ host, entry, knownHosts }: Way): string[] => [
  ...['ssh', '-F', '/dev/null', '-p', String(entry.port ?? 22)],
  ...(entry['identity-file'] === undefined ? [] : ['-i', entry['identity-file'], '-o', 'IdentitiesOnly=yes']),
  ...['-o', `HostKeyAlias=${host}`, '-o', 'StrictHostKeyChecking=yes', '-o', 'ForwardAgent=no'],
  // The file's own quoting: a path may hold a blank.
  ...['-o', `UserKnownHostsFile="${knownHosts}"`, '-o', 'GlobalKnownHostsFile=/dev/null'],
];

const login = ({ host, entry }: Way): string => `${entry.user ?? 'root'}@${entry.address ?? host}`;

export const sshTerminal = (way: Way, script: string): string[] => [
  ...[...sshArgv(way), '-t', login(way), '--', `bash -c ${shellQuote(script)}`],
];

/** mosh splits --ssh as a shell would. */
export const moshTerminal = (way: Way, script: string): string[] => [
  ...['mosh', `--ssh=${sshArgv(way).map(shellQuote).join(' ')}`, login(way), '--', 'bash', '-c', script],
];
