import type { StageInput } from '../../activities/activities.js';
import type { OperationInput } from '../contract/operations.js';

/** What every stage is told of its operation. */
export const stageOf = (input: OperationInput, step: string): StageInput => ({
  operationId: input.operationId,
  host: input.host,
  step,
  dryRun: input.dryRun ?? false,
  takeover: input.takeover ?? false,
});
