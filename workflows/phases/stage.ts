import type { StageInput } from '../../activities/activities.js';
import type { OperationInput } from '../contract/operations.js';

export type StageOf = (input: OperationInput, step: string) => StageInput;

/** What every stage is told of its operation. */
export const stageOf: StageOf = (input, step) => ({
  operationId: input.operationId,
  host: input.host,
  step,
  dryRun: input.dryRun ?? false,
  takeover: input.takeover ?? false,
});

/** Of the operation's first stage on its host. */
export const firstStageOf: StageOf = (input, step) => ({ ...stageOf(input, step), first: true });
