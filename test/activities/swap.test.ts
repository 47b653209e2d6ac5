import { expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import type { StageContext } from '../../activities/converge.js';
import type { SwapInput } from '../../activities/recovery-activities.js';
import { checkDestination } from '../../activities/swap.js';
import type { Config } from '../../client/config/schema.js';
import { hostPlaces } from '../../workflows/phases/recover-host.js';

const host = 'vps1.example.org';
const operationId = '20261123T031500Z-k3x9qa';

/** What the look says of these places, on a host that answers so; and what the host was asked. */
async function looked(
  { destinations = ['/srv/x'], places, ...input }: Partial<SwapInput> & { destinations?: string[] },
  { exit = 0, stdout = '', config = {} }: { exit?: number; stdout?: string; config?: Config } = {},
) {
  const asked: string[] = [];
  const remote = {
    name: host,
    exec: (_argv: string[], { stdin }: { stdin: string }) => {
      asked.push(stdin);
      return Promise.resolve({ exit, stdout, stderr: '' });
    },
  } as unknown as Remote;
  const context = { remote, signal: new AbortController().signal } as unknown as StageContext;
  const taken = destinations.map((destination) => ({ kind: 'data' as const, path: '/srv/x', destination }));
  const stage = { operationId, host, step: 'inspect', dryRun: false, takeover: false };
  const swap = { ...stage, places: places ?? taken, stopProject: false, mayReplace: false, ...input };
  const said = await checkDestination(context, swap, config).catch((error: unknown) => error);
  return { asked, said };
}

test('a place where no data belongs is refused before the host is asked', async () => {
  for (const destination of [
    '/usr/lib',
    '/root/.ssh',
    '/srv/charm-store/myc',
    '/opt/apps/myc-deploy',
    '/var/lib/app',
  ]) {
    const { asked, said } = await looked({ destinations: [destination] });
    expect(said).toMatchObject({ name: 'BadInput', what: expect.stringContaining(destination) as string });
    expect(asked).toEqual([]);
  }
});

test('a folder that the configuration lists is a place; one that cannot be listed is told', async () => {
  const config: Config = { 'recover-destinations': ['/var/lib/app'] };
  const { asked } = await looked({ destinations: ['/var/lib/app/x'] }, { config, stdout: 'empty\n' });
  expect(asked).toEqual(['data\t/srv/x\t/var/lib/app/x\n']);
  const { said } = await looked({}, { config: { 'recover-destinations': ['/usr'] } });
  expect(String(said)).toContain('"/usr" is of the system');
});

test('the recovery of a host has places of its own, and a path goes to none of them', async () => {
  const { asked, said } = await looked({ places: hostPlaces, stopProject: true }, { stdout: 'empty\n' });
  expect(said).toEqual({ empty: true });
  expect(asked[0]).toBe(
    'settings\t/opt/apps/myc-deploy\t/opt/apps/myc-deploy\ndata\t/srv/datastore\t/srv/datastore\n',
  );
  expect((await looked({ destinations: ['/etc'], stopProject: true })).asked).toEqual([]);
});

test.each([
  [21, 'DestinationHoldsData', 'Run again with --yes to replace it'],
  [22, 'DestinationRefused', 'Name a folder by its real path'],
  [23, 'DestinationRefused', `Stop its service first (myc-wf compose ${host} stop SERVICE)`],
])('exit code %s of the script becomes %s, with what to do next, on one line', async (exit, type, next) => {
  const { said } = await looked({}, { exit, stdout: '/srv/x is a link\u001b[2J\nto y' });
  expect(said).toMatchObject({ type, nonRetryable: true });
  const { message } = said as Error;
  expect(message).toContain(`${host}: /srv/x is a link?[2J?to y`);
  expect(message).toContain('nothing was replaced');
  expect(message).toContain(next);
});
