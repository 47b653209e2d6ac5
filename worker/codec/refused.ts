/**
 * How a payload that is not under the key travels on inside the worker: as a value that says so. Throwing in the codec would
 * fail the workflow task, which the server repeats for ever; a value lets the interceptors end the workflow with one clear failure.
 */
const mark = 'myc-wf/refused';

export const refusal = (reason: string): Record<string, string> => ({ [mark]: reason });

/** How a value of the old form travels: only replay takes it out again. */
const oldMark = 'myc-wf/old-form';

export const oldForm = (value: unknown): Record<string, unknown> => ({ [oldMark]: value });

export const isOldForm = (value: unknown): value is { [oldMark]: unknown } =>
  typeof value === 'object' && value !== null && oldMark in value;

/** The value itself, for runs that began before payloads said to which workflow they belong. */
export const readOldForm = (value: unknown): unknown => (isOldForm(value) ? value[oldMark] : value);

/** Why the first refused one of `values` was refused; undefined when all are under the key. */
export function refusedReason(values: readonly unknown[]): string | undefined {
  for (const value of values)
    if (typeof value === 'object' && value !== null && mark in value) return String(value[mark]);
    else if (isOldForm(value))
      return 'a payload does not say to which workflow it belongs; start the operation again';
  return undefined;
}

/** An input must be there to be under the key: what starts without one was not started by a client that has it. */
export const inputRefusedReason = (args: readonly unknown[]): string | undefined =>
  args.length === 0
    ? 'there is no input; start operations with myc-wf, which has the key'
    : refusedReason(args);
