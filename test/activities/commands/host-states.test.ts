import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { items } from '../../../activities/commands/desired-state.js';
import { composeReadyState, setUpState } from '../../../activities/commands/host-states.js';
import { configSchema } from '../../../client/config/schema.js';

const dir = mkdtempSync(join(tmpdir(), 'host-states-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const config = configSchema.parse({
  'ssh-access': { 'public-keys': ['ssh-ed25519 AAAA one@laptop', ' ssh-rsa BBBB two@laptop\n'] },
  registries: {
    'registry.lab:5000': { username: 'lab', 'password-file': file('password', 'canary-5f1b\n') },
  },
  'registry-mirrors': ['http://mirror.lab:5001', 'https://mirror.example.org'],
  'apt-repositories': {
    house: {
      uris: ['http://apt.lab/debian'],
      suites: ['trixie'],
      'signed-by-file': file('key', 'KEY'),
      packages: ['house-tools'],
    },
  },
  'git-key-file': file('git', 'PRIVATE'),
});
const written = (state: ReturnType<typeof composeReadyState>, path: string): string | undefined =>
  state.files.find((one) => one.path === path)?.content;

describe('vps-setup', () => {
  it("adds each of the configuration's keys for root, and names the host after the domain", () => {
    expect(items(setUpState(config, 'vps1.example.org')).map((item) => item.change)).toEqual([
      'added a line to /root/.ssh/authorized_keys',
      'added a line to /root/.ssh/authorized_keys',
      'named the host vps1.example.org',
    ]);
    expect(setUpState(config).lines.map((one) => one.line)).toEqual([
      'ssh-ed25519 AAAA one@laptop',
      'ssh-rsa BBBB two@laptop',
    ]);
  });
});

describe('deploy', () => {
  const state = composeReadyState(config, { withoutDockerClean: false, noDockerRestart: false });

  const settings = (path: string) => state.settings?.find((one) => one.path === path);

  it('tells Docker the mirrors, and lets only those on http go without TLS', () => {
    expect(settings('/etc/docker/daemon.json')?.values).toMatchObject({
      'registry-mirrors': ['http://mirror.lab:5001', 'https://mirror.example.org'],
      'insecure-registries': ['mirror.lab:5001'],
    });
  });

  it('logs in to the registries through a file that only root reads', () => {
    expect(settings('/root/.docker/config.json')).toEqual({
      path: '/root/.docker/config.json',
      mode: '0600',
      values: { auths: { 'registry.lab:5000': { auth: btoa('lab:canary-5f1b') } } },
    });
  });

  it('is the same in parts: what images and data wait for, what serving needs, all', () => {
    const part = (part?: 'docker' | 'serving') =>
      composeReadyState(config, {
        withoutDockerClean: false,
        noDockerRestart: false,
        ...(part === undefined ? {} : { part }),
      });
    expect(part('docker').packages).toEqual([
      'docker.io',
      'docker-cli',
      'pigz',
      'rsync',
      'jq',
      'openssh-client',
    ]);
    expect(part('serving').packages).toContain('docker-compose');
    expect(state.packages.filter((name) => !part('serving').packages.includes(name))).toEqual([
      'git',
      'cron',
    ]);
    expect({ ...part('serving'), packages: [] }).toEqual({ ...state, packages: [] });
    expect(state.packages).toEqual(expect.arrayContaining(part('docker').packages));
  });

  it('configures the house repository with its key, and installs its packages', () => {
    expect(written(state, '/etc/apt/sources.list.d/house.sources')).toBe(
      'Types: deb\nURIs: http://apt.lab/debian\nSuites: trixie\nComponents: main\nSigned-By: /etc/apt/keyrings/house.asc\n',
    );
    expect(written(state, '/etc/apt/keyrings/house.asc')).toBe('KEY');
    expect(state.packages).toContain('house-tools');
  });

  it('leaves the docker-clean cron out when told so', () => {
    const path = '/etc/cron.d/myc-wf-docker-clean';
    expect(written(state, path)).toContain(' root /usr/local/lib/myc-wf/docker-clean\n');
    expect(written(state, '/usr/local/lib/myc-wf/docker-clean')).toContain('docker image rm');
    expect(
      written(composeReadyState(config, { withoutDockerClean: true, noDockerRestart: false }), path),
    ).toBeUndefined();
  });

  it('shows no secret in what is looked for or told', () => {
    const said = items(state)
      .map((item) => item.look + item.change)
      .join('\n');
    for (const secret of [
      'canary-5f1b',
      btoa('lab:canary-5f1b'),
      btoa('canary-5f1b'),
      'PRIVATE',
      btoa('PRIVATE'),
    ])
      expect(said).not.toContain(secret);
  });
});
