import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

const name = 'vps84.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, { configure: (config) => ({ ...config, 'charm-repositories': [] }) });
  up = await operator.up();
  await operator.done('start', 'deploy', name);
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: 'apache:\n' });
  await operator.done('start', 'up', name);
}, 600_000);
afterAll(async () => {
  await up.stop();
  await operator.close();
  await lab.destroy(name);
});

const shell = (command: string) => host.exec(['bash', '-c', command]);
const start = (...args: string[]) => operator.myc(['start', ...args]);

describe('start update', { timeout: 300_000 }, () => {
  /** The house repository's package as an earlier version of it was. */
  const older = `set -e; folder=$(mktemp -d); mkdir "$folder/DEBIAN"
    printf 'Package: house-tools\\nVersion: 0.0.1\\nArchitecture: all\\nMaintainer: house <house@lab>\\nDescription: old\\n' >"$folder/DEBIAN/control"
    dpkg-deb -b "$folder" /tmp/old.deb >/dev/null; dpkg -i --force-downgrade /tmp/old.deb >/dev/null 2>&1`;

  test('what deploy made and lost, an older package and an older image are put right, and each is told', async () => {
    await start('update', name);
    const id = await shell("docker image inspect --format '{{.Id}}' httpd:2.4");
    await shell(`${older}; rm /etc/cron.d/myc-wf-docker-clean`);
    await shell('printf "FROM httpd:2.4\\nENV OLDER=1\\n" | docker build -q --tag httpd:2.4 - >/dev/null');
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
