import type { OperationName } from '../../workflows/contract/operations.js';
import { commandWord } from '../../workflows/contract/operations.js';
import { parseBackupTarget, parseHostAddress } from '../../workflows/contract/addresses.js';
import type { LoadedConfig } from '../config/load.js';
import type { Context } from '../context.js';
import { CommandError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { subjectOf } from '../busy.js';
import { ensureHostKnown, ensureTargetKnown } from '../first-contact.js';
import type { StartOptions } from '../start-options.js';
import { type StartPlan, planStart } from '../start-request.js';
import { followToEnd } from './follow.js';

/** `start <operation> …`: everything is parsed and known before Temporal, or a host, hears of it. */
export async function start(
  context: Context,
  operation: OperationName,
  args: readonly string[],
  options: StartOptions,
): Promise<ExitCode> {
  const operationId = context.makeOperationId();
  let plan = planStart(operation, args, options, operationId);
  await ensureKnown(context, operation, args, options, plan, await context.config());
  if (await consented(context, operation, options, plan))
    plan = planStart(operation, args, { ...options, yes: true }, operationId);
  const engine = await context.engine();
  const { workflowId, runId } = await engine.start(plan.request);
  if (options.detach) {
    const uiUrl = engine.uiUrl(workflowId, runId);
    const text = `${startedText(workflowId)}\n${engine.uiUrl(workflowId)}`;
    context.output.result({ workflowId, runId, operationId, uiUrl }, text);
    return exitCodes.done;
  }
  return followToEnd(context, engine, { workflowId, runId, title: plan.title });
}

async function ensureKnown(
  context: Context,
  operation: OperationName,
  args: readonly string[],
  options: StartOptions,
  { inputs }: StartPlan,
  loaded: LoadedConfig,
): Promise<void> {
  // A team's worker has the inventory: its client sends names only.
  if (loaded.config.temporal?.address !== undefined) return;
  const [first = ''] = args;
  if (operation === 'vpsSetup') {
    for (const word of args)
      await ensureHostKnown(context, loaded, parseHostAddress(word), options.hostKey, true);
    return;
  }
  for (const { host } of inputs) await ensureHostKnown(context, loaded, { host }, undefined, false);
  if (operation !== 'backupInstall' && operation !== 'recover') return;
  await ensureTargetKnown(context, loaded, parseBackupTarget(first.split('#')[0]), options.hostKey);
}

/** Asked on a terminal; without one the workflow refuses a destination that holds data unless --yes was given. */
async function consented(
  { terminal }: Context,
  operation: OperationName,
  { yes, dryRun }: StartOptions,
  { title }: StartPlan,
): Promise<boolean> {
  if (operation !== 'recover' && operation !== 'recoverTarget') return false;
  if (yes || dryRun || !terminal.interactive) return false;
  if (await terminal.confirm(`${title}: what stands at the destination is replaced. Go on?`)) return true;
  throw new CommandError(
    exitCodes.failed,
    `${commandWord(operation)} was not confirmed; nothing was started`,
  );
}

const startedText = (workflowId: string): string =>
  `${workflowId} started; myc-wf follow ${subjectOf(workflowId)}`;
