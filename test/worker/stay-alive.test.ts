import { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test, vi } from 'vitest';
import { stayAlive } from '../../worker/stay-alive.js';

test('an activity is heard while it says nothing, with what was told last, and no longer than it runs', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const heard: unknown[] = [];
  const environment = new MockActivityEnvironment(
    { heartbeatDetails: 'of the attempt before' },
    { interceptors: [stayAlive] },
  );
  environment.on('heartbeat', (details: unknown) => heard.push(details));
  await environment.run(async () => {
    await vi.advanceTimersByTimeAsync(6_000);
    Context.current().heartbeat('half');
    await vi.advanceTimersByTimeAsync(10_000);
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard).toEqual(['of the attempt before', 'half', 'half', 'half']);
  vi.useRealTimers();
});
