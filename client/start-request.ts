import { type BackupSource, backupTargetName } from '../workflows/contract/addresses.js';
import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { fleetWorkflowId, lockWorkflowId, waiterWorkflowId } from '../workflows/contract/ids.js';
import type { HostName, OperationId } from '../workflows/contract/names.js';
import {
  type FleetInput,
  type OperationInput,
  type OperationName,
  type Operations,
  type WaiterInput,
  commandWord,
} from '../workflows/contract/operations.js';
import type { StartRequest } from './engine.js';
import { operationInputs } from './operation-inputs.js';
import type { StartOptions } from './start-options.js';

export interface StartPlan {
  request: StartRequest;
  inputs: OperationInput[];
  /** What the view is headed with: "recover vps1.lab -> vps2.lab". */
  title: string;
}

/** Arguments and options -> the one workflow start they mean. */
export function planStart(
  operation: OperationName,
  args: readonly string[],
  options: StartOptions,
  operationId: OperationId,
): StartPlan {
  const inputs = operationInputs[operation](args, options).map((input) => ({
    operationId,
    ...input,
    ...(options.dryRun ? { dryRun: true } : {}),
    ...(options.takeover ? { takeover: true } : {}),
    ...(options.yes ? { yes: true } : {}),
  })) as OperationInput[];
  refuseTwice(inputs);
  const title = titleOf(operation, inputs);
  const [input] = inputs;
  if (input === undefined) throw new BadInput(`start ${commandWord(operation)} without a host`, 'name one');
  if (inputs.length > 1)
    return { inputs, title, request: fleetRequest(operation, operationId, inputs, options) };
  if (options.wait) return { inputs, title, request: waiterRequest(operation, input) };
  const workflowId = lockWorkflowId(operation, input.host);
  const searchAttributes = { Host: input.host, Operation: operation };
  return { inputs, title, request: { workflowType: operation, workflowId, input, searchAttributes } };
}

function fleetRequest(
  operation: OperationName,
  operationId: OperationId,
  inputs: OperationInput[],
  { parallel, wait }: StartOptions,
): StartRequest {
  if (wait)
    throw new BadInput(
      '--wait with several hosts',
      'start them one by one, or run the command again: it does what is left',
    );
  const input: FleetInput = {
    operationId,
    operation,
    inputs,
    ...(parallel === undefined ? {} : { parallel }),
  };
  return {
    workflowType: 'fleet',
    workflowId: fleetWorkflowId(commandWord(operation), operationId),
    input,
    searchAttributes: { Operation: operation },
  };
}

function waiterRequest(operation: OperationName, input: OperationInput): StartRequest {
  const waiter: WaiterInput = { operation, input };
  return {
    workflowType: 'waiter',
    workflowId: waiterWorkflowId(input.host, input.operationId),
    input: waiter,
    searchAttributes: { Host: input.host, Operation: operation },
  };
}

function titleOf(operation: OperationName, inputs: readonly OperationInput[]): string {
  const [first] = inputs as [
    OperationInput & {
      source?: BackupSource | string;
      target?: Operations['backupInstall']['target'];
      action?: string;
    },
  ];
  const hosts = inputs.map(({ host }) => host).join(', ');
  if (operation === 'recover' && typeof first.source === 'object')
    return `recover ${first.source.ident} -> ${hosts}`;
  if (operation === 'backupInstall' && first.target !== undefined)
    return `backup-install ${hosts} -> ${backupTargetName(first.target)}`;
  if (operation === 'compose') return `compose ${first.action ?? ''} ${hosts}`;
  if (operation === 'action') {
    const { action, service } = first as unknown as Operations['action'];
    return `${action} ${service} on ${hosts}`;
  }
  return `${commandWord(operation)} ${hosts}`;
}

function refuseTwice(inputs: readonly OperationInput[]): void {
  const seen = new Set<HostName>();
  for (const { host } of inputs) {
    if (seen.has(host)) throw new BadInput(`${shown(host)} is named twice`, 'name each host once');
    seen.add(host);
  }
}
