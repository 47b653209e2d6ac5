import { type HostName, type Ident, type OperationId, parseIdent } from './names.js';

export const taskQueue = 'myc-wf';

/** The lock of everything that changes a host (docs/design.md, decision 1). */
export const hostWorkflowId = (host: HostName): string => `host/${host}`;

/** The lock of an ident's mirror: held by a backup, and by a recovery that reads it. */
export const backupWorkflowId = (ident: Ident): string => `backup/${ident}`;

/** What an operation on a host runs under; a mirror is named after its host until backup-install says otherwise. */
export const lockWorkflowId = (operation: string, host: HostName): string =>
  operation === 'backup' ? backupWorkflowId(parseIdent(host)) : hostWorkflowId(host);

/** The schedule that backs a host up, and the prefix of the wrapper workflows it starts. */
export const backupScheduleId = (host: HostName): string => `schedule/backup/${host}`;

export const fleetWorkflowId = (operation: string, id: OperationId): string => `fleet/${operation}/${id}`;

export const waiterWorkflowId = (host: HostName, id: OperationId): string => `wait/${host}/${id}`;

/**
 * Apart from the one above: an operation that waited for its host may have to wait for a mirror as
 * well.
 */
export const mirrorWaiterWorkflowId = (ident: Ident, id: OperationId): string =>
  `wait/${backupWorkflowId(ident)}/${id}`;

/** Compact UTC time and six random letters or digits: `20261123T031500Z-k3x9qa`. Made by the client, never by a workflow. */
export function makeOperationId(now: Date, random: () => number): OperationId {
  const time = now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const letters = Array.from(
    { length: 6 },
    () => '0123456789abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 36)],
  ).join('');
  return `${time}-${letters}` as OperationId;
}
