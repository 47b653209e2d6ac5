import { Option } from 'commander';
import type { OperationName } from '../../workflows/contract/operations.js';
import { count } from './count.js';

export const composeFileOption = (): Option =>
  new Option('-f, --file <file>', "this compose.yml instead of the host's own");
export const addedOption = (): Option =>
  new Option('--add-compose-content <text|file>', 'YAML that is merged over compose.yml');

/** Of `up`, as `start up HOST` and `compose HOST up` take them. */
export const upOptions = (): Option[] => [
  composeFileOption(),
  addedOption(),
  new Option('--debug', 'print docker-compose.yml at the end, its secrets masked'),
];

/** What every start takes. */
export function common(operation: OperationName): Option[] {
  const firstContact = ['vpsSetup', 'backupInstall', 'recover'].includes(operation);
  return [
    new Option('-n, --dry-run', 'look and plan, change nothing'),
    new Option('--detach', 'return the id at once'),
    new Option('--wait', 'when the host is busy, start once it is free'),
    new Option('-y, --yes', 'consent to replacing data'),
    new Option('--takeover', 'take the host over from another control plane'),
    ...(firstContact
      ? [new Option('--host-key <key>', 'SHA256:… or "ssh-ed25519 AAAA…", at first contact')]
      : []),
    ...(['up', 'compose', 'cutoff', 'action'].includes(operation) || operation.startsWith('recover')
      ? []
      : [new Option('--parallel <hosts>', 'hosts at once').argParser(count(1000))]),
  ];
}
