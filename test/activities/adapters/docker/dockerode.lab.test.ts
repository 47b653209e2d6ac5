import { beforeAll, describe, expect, test } from 'vitest';
import { dockerOf } from '../../../../activities/adapters/docker/dockerode.js';
import { localRemote } from '../../../../activities/adapters/remote/local.js';
import { ensureHostImage } from '../../../lab/image.js';
import { docker } from '../../../lab/run.js';
import { conformsToDocker } from './conformance.js';

let image = '';
beforeAll(async () => {
  image = await ensureHostImage(() => undefined);
});

describe('the engine of this machine', () => {
  conformsToDocker(() => ({ docker: dockerOf(localRemote()), command: (args) => docker(args), image }));
});

test('a host without Docker cannot be reached there', async () => {
  const remote = {
    ...localRemote('bare'),
    openUnixSocket: () => localRemote('bare').openUnixSocket('/run/nobody.sock'),
  };
  await expect(dockerOf(remote).hasImage('x')).rejects.toMatchObject({ type: 'HostUnreachable' });
});
