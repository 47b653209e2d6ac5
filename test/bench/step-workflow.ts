import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing: (input: { step: number }) => Promise<void> }>({
  startToCloseTimeout: '10 s',
});

/** As many activities as told, one after the other. */
export async function chain({ steps }: { steps: number }): Promise<void> {
  for (let step = 0; step < steps; step++) await nothing({ step });
}
