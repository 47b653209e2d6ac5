import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Docker } from '../../../../activities/adapters/docker/docker.js';

export interface DockerHost {
  docker: Docker;
  /** The docker command on the same engine. */
  command(args: string[]): Promise<string>;
  /** An image that is there and has `sleep`. */
  image: string;
}

/** What every Docker does; `host` is asked at each test, so that it may be made in beforeAll. */
export function conformsToDocker(host: () => DockerHost): void {
  const project = `conformance${process.pid}`;
  const made: string[] = [];
  const create = async (labels: Record<string, string>, options: string[] = [], run = true) => {
    const given = Object.entries(labels).flatMap(([name, value]) => [
      '--label',
      `com.docker.compose.${name}=${value}`,
    ]);
    const verb = run ? ['run', '--detach'] : ['create'];
    const id = await host().command([...verb, ...given, ...options, host().image, 'sleep', '600']);
    made.push(id.trim());
    return id.trim();
  };
  const labelled = (service: string, oneoff = 'False') => ({ project, service, oneoff });
  let db = '';
  let web = '';

  beforeAll(async () => {
    db = await create(labelled('db'), ['--health-cmd', 'true', '--health-interval', '1s']);
    web = await create(labelled('web'), [], false);
    await create(labelled('web', 'True'));
    await create({ project: `${project}x`, service: 'db', oneoff: 'False' });
    await create({}, ['--name', `${project}-db-9`]);
  });
  afterAll(async () => {
    await host().command(['rm', '--force', ...made]);
  });

  test('containers are found by labels, running or not, without one-off runs', async () => {
    const found = await host().docker.containersOf(project);
    const sorted = found.sort((a, b) => (a.service < b.service ? -1 : 1));
    const { image } = host();
    expect(sorted).toEqual([
      { id: db, service: 'db', state: 'running', image },
      { id: web, service: 'web', state: 'created', image },
    ]);
    expect((await host().docker.containersOf(project, 'db')).map(({ id }) => id)).toEqual([db]);
    expect(await host().docker.containersOf('nobody')).toEqual([]);
  });

  test('an image is there or not, and what is no name is not', async () => {
    expect(await host().docker.hasImage(host().image)).toBe(true);
    expect(await host().docker.hasImage('nobody/has-this:1')).toBe(false);
    expect(await host().docker.hasImage('../containers/x y')).toBe(false);
  });

  test('health is what the last check says', async () => {
    const { docker } = host();
    await expect.poll(async () => (await docker.healthOf(db))?.health, { timeout: 20_000 }).toBe('healthy');
    expect(await docker.healthOf(web)).toMatchObject({ state: 'created', health: 'none' });
    const bad = ['--health-cmd', 'echo no page; false', '--health-interval', '1s', '--health-retries', '1'];
    const sick = await create(labelled('sick'), bad);
    await expect
      .poll(() => docker.healthOf(sick), { timeout: 20_000 })
      .toMatchObject({ state: 'running', health: 'unhealthy', lastOutput: 'no page' });
    expect(await docker.healthOf('0123456789ab')).toBeUndefined();
  });

  test('many questions at once all get their own answer', async () => {
    const asked = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? db : web));
    const answers = await Promise.all(asked.map((id) => host().docker.healthOf(id)));
    expect(answers.map((answer) => answer?.state)).toEqual(
      asked.map((id) => (id === db ? 'running' : 'created')),
    );
  });
}
