import { CancellationScope } from '@temporalio/workflow';

/** When one fails the others are cancelled, and waited for: nothing runs beside the clean-up. */
export async function together(parts: (() => Promise<void>)[]): Promise<void> {
  const scope = new CancellationScope();
  let failure: { error: unknown } | undefined;
  await scope.run(() =>
    Promise.all(
      parts.map((part) =>
        part().catch((error: unknown) => {
          failure ??= { error };
          scope.cancel();
        }),
      ),
    ),
  );
  if (failure !== undefined) throw failure.error;
}
