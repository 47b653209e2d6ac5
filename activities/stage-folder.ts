import { parseOperationId } from '../workflows/contract/names.js';
import type { StageInput } from './activities.js';

/** On the filesystem of what is replaced, so that a rename is enough; nobody but root enters it. */
export const stageFolder = ({ operationId }: Pick<StageInput, 'operationId'>): string =>
  `/srv/.myc-wf-restore/${parseOperationId(operationId)}`;
