import type { Context } from '../context.js';
import type { Engine } from '../engine.js';
import { asCommandError } from '../errors.js';
import type { ExitCode } from '../exit-codes.js';
import { follow } from '../follow.js';
import { exitCodeOfResult, formatResult } from '../format-result.js';
import { makeProgressView } from '../progress-view.js';
import { workflowIdOf } from '../workflow-id.js';

export async function followCommand(context: Context, word: string): Promise<ExitCode> {
  const workflowId = workflowIdOf(word);
  return followToEnd(context, await context.engine(), { workflowId });
}

export async function followToEnd(
  context: Context,
  engine: Engine,
  run: { workflowId: string; runId?: string; title?: string },
): Promise<ExitCode> {
  const { look, result } = await follow(context, engine, run, await makeProgressView(context)).catch(
    (error: unknown) => {
      throw asCommandError(error);
    },
  );
  const { workflowId, runId, status } = look;
  const uiUrl = engine.uiUrl(workflowId, runId);
  context.output.result({ event: 'result', workflowId, runId, uiUrl, status, result }, formatResult(result));
  return exitCodeOfResult(result);
}
