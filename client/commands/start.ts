import type { OperationInput, OperationName } from '../../workflows/contract/operations.js';
import { commandWord } from '../../workflows/contract/operations.js';
import { parseBackupTarget, parseHostAddress } from '../../workflows/contract/addresses.js';
import type { LoadedConfig } from '../config/load.js';
import type { Context } from '../context.js';
import type { Engine } from '../engine.js';
import { CommandError, asCommandError } from '../errors.js';
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
  if (operation === 'up') return startUp(context, engine, plan, options);
  return started(context, engine, plan, options);
}

/** `up` may be given a compose.yml, which goes past Temporal, and may be asked to show what it comes to. */
async function startUp(
  context: Context,
  engine: Engine,
  plan: StartPlan,
  options: StartOptions,
): Promise<ExitCode> {
  if (options.file === undefined && options.addComposeContent === undefined && !options.debug)
    return started(context, engine, plan, options);
  const { give, readGivenTexts, showRendered } = await import('../given.js');
  const [{ host, operationId }] = plan.inputs as [OperationInput];
  const texts = await readGivenTexts(options);
  await give(context, host, operationId, texts);
  if (!options.debug) return started(context, engine, plan, options);
  try {
    return await started(context, engine, plan, options);
  } finally {
    // Also of an up that failed: then it is wanted most.
    await showRendered(context, host, texts).catch((error: unknown) =>
      context.output.say(`docker-compose.yml cannot be shown: ${asCommandError(error).message}`),
    );
  }
}

async function started(
  context: Context,
  engine: Engine,
  plan: StartPlan,
  options: StartOptions,
): Promise<ExitCode> {
  const { workflowId, runId } = await engine.start(plan.request);
  const { operationId } = plan.inputs[0]!;
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
