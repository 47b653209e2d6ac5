import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gates, gatesOf } from '../lab/gates.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

const name = 'vps84.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;
let gates: Gates;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, { configure: (config) => ({ ...config, 'charm-repositories': [] }) });
  up = await operator.up();
  await operator.done('start', 'deploy', name);
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: 'apache:\n' });
  await operator.done('start', 'up', name);
  gates = await gatesOf(host);
  await gates.before('apt-get', 'docker', 'mv');
}, 600_000);
afterAll(async () => {
  await up.stop();
  await operator.close();
  await lab.destroy(name);
});

const shell = (command: string) => host.exec(['bash', '-c', command]);
const start = (...args: string[]) => operator.myc(['start', ...args]);
const killWorker = async () => {
  await up.kill9();
  up = await operator.up();
};
/** Jobs that were started more than once since the host booted, of all operations. */
const startedTwice = () => shell("journalctl -b -o cat | grep -o '^Started myc-[^ ]*' | sort | uniq -d");

test('the nightly clean-up spares what was just pulled and what a compose file names, and takes the rest', async () => {
  const clean = '/usr/local/lib/myc-wf/docker-clean; journalctl -o cat -t myc-docker-clean | tail -n 1';
  const images = () => shell("docker image ls --format '{{.Repository}}:{{.Tag}}' | sort | tr '\\n' ' '");
  await shell('docker pull -q postgres:17 >/dev/null');
  expect((await shell(clean)).trim()).toBe(
    'left for the next night: an operation began in the last six hours',
  );
  await shell('touch -d yesterday /var/lib/myc-wf/operation');
  expect((await shell(clean)).trim()).toBe('removed 0 images; 1 more are unused');
  expect(await images()).toContain('postgres:17');
  // A week later.
  await shell('sed -i -E "s/ .*/ $(date -d "8 days ago" +%s)/" /var/lib/myc-wf/unused-images');
  await shell('docker stop $(docker ps -q) >/dev/null');
  expect((await shell(clean)).trim()).toBe('removed 1 images; 0 more are unused');
  expect(await images()).not.toContain('postgres:17');
  expect(await images()).toContain('httpd:2.4');
  await shell('docker start $(docker ps -aq) >/dev/null');
});

describe('start update', { timeout: 300_000 }, () => {
  /** The house repository's package as an earlier version of it was. */
  const older = `set -e; folder=$(mktemp -d); mkdir "$folder/DEBIAN"
    printf 'Package: house-tools\\nVersion: 0.0.1\\nArchitecture: all\\nMaintainer: house <house@lab>\\nDescription: old\\n' >"$folder/DEBIAN/control"
    dpkg-deb -b "$folder" /tmp/old.deb >/dev/null; dpkg -i --force-downgrade /tmp/old.deb >/dev/null 2>&1`;

  /** A host of yesterday, whose image is not its registry's, and where something is lost. */
  const age = async () => {
    await shell(`${older}; rm /etc/cron.d/myc-wf-docker-clean`);
    await shell('printf "FROM httpd:2.4\\nENV OLDER=1\\n" | docker build -q --tag httpd:2.4 - >/dev/null');
  };

  test('what deploy made and lost, an older package and an older image are put right, and each is told', async () => {
    await start('update', name);
    const id = await shell("docker image inspect --format '{{.Id}}' httpd:2.4");
    await age();
    expect(await shell("docker image inspect --format '{{.Id}}' httpd:2.4")).not.toBe(id);
    const planned = await start('update', name, '--dry-run');
    expect(planned.stdout).toContain('  wrote /etc/cron.d/myc-wf-docker-clean\n');
    expect(planned.stdout).toMatch(/ {2}upgraded house-tools 0\.0\.1 -> \S+\n/);
    expect(await shell("dpkg-query -W -f '${Version}' house-tools")).toBe('0.0.1');

    const updated = await start('update', name);
    expect(updated).toMatchObject({ status: 0 });
    expect(updated.stdout).toContain('  wrote /etc/cron.d/myc-wf-docker-clean\n');
    expect(updated.stdout).toMatch(/ {2}upgraded house-tools 0\.0\.1 -> \S+\n/);
    expect(updated.stdout).toContain('  pulled a newer httpd:2.4\n');
    expect(await shell("dpkg-query -W -f '${Version}' house-tools")).not.toBe('0.0.1');
    expect(await shell("docker image inspect --format '{{.Id}}' httpd:2.4")).toBe(id);
  });

  test('the worker is killed in each of its steps: the host is as without that, and each step was done once', async () => {
    const state = () =>
      shell(`dpkg-query -W; cat /etc/cron.d/myc-wf-docker-clean; readlink /srv/charm-store/*
        docker image inspect --format '{{.Id}}' httpd:2.4; docker ps --no-trunc --format '{{.ID}}'`);
    const undisturbed = await state();
    await age();
    await shell('rm -rf /srv/charm-store/myc /srv/charm-store/.versions/myc');
    await gates.forget();
    const held = gates.holding('^mv -fT -- .* /etc/cron.d/myc-wf-docker-clean$', killWorker);
    await operator.done('start', 'update', name, '--detach');
    await held;
    await gates.holding('^mv -fT -- .* /srv/charm-store/myc$', killWorker);
    await gates.holding('^apt-get .* install -qy --only-upgrade', killWorker);
    await gates.holding('^docker pull ', killWorker);
    const ended = await operator.done('result', name);
    expect(
      ended.stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim().split(' ').slice(0, 3).join(' ')),
    ).toEqual([
      'wrote /etc/cron.d/myc-wf-docker-clean',
      'installed the charms',
      'upgraded house-tools 0.0.1',
      'pulled a newer',
    ]);
    expect(await state()).toBe(undisturbed);
    expect(await startedTwice()).toBe('');
    expect(await gates.calls(/^apt-get .* install -qy --only-upgrade/)).toBe(1);
    expect(await gates.calls(/^docker pull .*httpd:2\.4/)).toBe(1);
    expect(await start('update', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });

  test('a second one changes nothing and says so; what runs goes on', async () => {
    const before = await shell("docker ps --no-trunc --format '{{.ID}}'");
    expect(await start('update', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
    expect(await shell("docker ps --no-trunc --format '{{.ID}}'")).toBe(before);
  });

  test('a registry that has an image no more fails it by name, and the packages are done all the same', async () => {
    await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
      input: 'apache:\n  docker-compose: {image: "mirror.lab/nowhere:1"}\n',
    });
    await shell(older);
    const { status, stderr } = await start('update', name);
    expect(status).toBe(1);
    expect(stderr).toContain('nowhere');
    expect(await shell("dpkg-query -W -f '${Version}' house-tools")).not.toBe('0.0.1');
    await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: 'apache:\n' });
  });
});

describe('start cutoff', { timeout: 300_000 }, () => {
  /** From a container to what the lab has outside the host: the mirror's registry on port 80, the apt repository's on 80. */
  const reaches = async (network = 'myc_default') => {
    const script = 'timeout 5 bash -c "exec 3<>/dev/tcp/mirror.lab/80" && echo reached || echo not';
    return shell(
      `docker run --rm --network ${network} --entrypoint bash httpd:2.4 -c '${script}' 2>/dev/null`,
    );
  };
  const published = () =>
    shell('timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/8080" && echo reached || echo not');

  test('containers do not reach the port outside; what comes in to it does', async () => {
    await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
      input: 'apache:\n  docker-compose: {ports: ["8080:80"]}\n',
    });
    await operator.done('start', 'up', name);
    expect(await reaches()).toBe('reached');
    const planned = await start('cutoff', name, '80', '993', '--dry-run');
    expect(planned.stdout).toContain('would make 2 changes\n  cut off 80\n');
    expect(await reaches()).toBe('reached');

    const cut = await start('cutoff', name, '80', '993');
    expect([cut.status, cut.stdout]).toEqual([0, 'made 2 changes\n  cut off 80\n  cut off 993\n']);
    expect(await reaches()).toBe('not');
    expect(await published()).toBe('reached');
    expect((await start('cutoff', name, '80')).stdout).toBe('nothing to change\n');
    for (const table of ['iptables', 'ip6tables'])
      expect(await shell(`${table} -S MYC-WF-CUTOFF | grep -c 'dport 993'`)).toBe('2');
  });

  test('one on the host network is named as not covered', async () => {
    await shell(
      'docker run -d --name outside --network host --entrypoint sleep httpd:2.4 infinity >/dev/null',
    );
    const { stdout, status } = await operator.myc(['cutoff', 'status', name]);
    expect([status, stdout]).toEqual([0, "cut off: 80, 993\nnot covered, on the host's network: outside\n"]);
    const told = await start('cutoff', name, '25');
    expect(told.stderr).toContain("not covered, on the host's network: outside");
    await shell('docker rm -f outside >/dev/null');
  });

  test('it is kept when Docker restarts, when its rules are flushed, and when the host boots', async () => {
    await shell('systemctl restart docker');
    expect(await reaches()).toBe('not');
    await shell('iptables -F DOCKER-USER; iptables -F FORWARD; iptables -F MYC-WF-CUTOFF');
    const broken = await operator.myc(['cutoff', 'status', name]);
    expect([broken.status, broken.stdout]).toEqual([1, expect.stringContaining('the rules do not hold')]);
    expect((await start('cutoff', name, '80')).stdout).toContain('applied the rules again');
    await shell('systemctl restart docker');
    await host.reboot('power-cut');
    await expect.poll(() => reaches().catch(() => 'booting'), { timeout: 90_000 }).toBe('not');
    expect(await published()).toBe('reached');
    expect((await operator.done('cutoff', 'status', name)).stdout).toBe('cut off: 25, 80, 993\n');
  });

  test('the worker is killed while the ports are written down: they are cut off, once, and it is told once', async () => {
    const held = gates.holding('^mv -- .* /etc/myc-wf/cutoff$', killWorker);
    await operator.done('start', 'cutoff', name, '143', '--detach');
    await held;
    expect((await operator.done('result', name)).stdout).toBe('made 1 change\n  cut off 143\n');
    expect(await startedTwice()).toBe('');
    expect((await operator.done('cutoff', 'status', name)).stdout).toBe('cut off: 25, 80, 143, 993\n');
    for (const table of ['iptables', 'ip6tables'])
      expect(await shell(`${table} -S MYC-WF-CUTOFF | grep -c 'dport 143'`)).toBe('2');
    expect((await start('cutoff', name, '143', '--lift')).stdout).toBe('made 1 change\n  lifted 143\n');
  });

  test('lifted by port, then all', async () => {
    expect((await start('cutoff', name, '80', '--lift')).stdout).toBe('made 1 change\n  lifted 80\n');
    expect(await reaches()).toBe('reached');
    expect((await start('cutoff', name, '--lift')).stdout).toBe(
      'made 2 changes\n  lifted 25\n  lifted 993\n',
    );
    expect(await shell('(iptables -S; ip6tables -S) | grep MYC-WF || true')).toBe('');
    expect((await operator.done('cutoff', 'status', name)).stdout).toBe(`nothing is cut off on ${name}\n`);
  });
});
