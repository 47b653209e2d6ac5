import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { composeReadyState } from '../../activities/commands/host-states.js';
import { parseConfig } from '../../client/config/parse.js';
import type { Operator } from '../e2e/operator.js';
import type { Lab, LabHost } from '../lab/lab.js';
import { cacheFolder, repository } from '../lab/names.js';
import { run } from '../lab/run.js';
import { type Samples, rounded, sampled, seconds, summed } from './samples.js';

const pyinfraVersion = '3.10.0';

export interface NoopDeploy {
  /** `myc-wf start deploy h2 h3`, the whole command, nothing to change. */
  seconds: Samples;
  /** To pyinfra ensuring the same states on the same hosts, second run and later; below 1 is faster. */
  ratioToPyinfra: Samples;
}

/** Both deploy first; then they take turns, so that a busy moment of the machine hits both. */
export async function benchNoopDeploy(operator: Operator, lab: Lab, hosts: LabHost[]): Promise<NoopDeploy> {
  const names = hosts.map((host) => host.name);
  const deploy = async (): Promise<string> => {
    const { status, stdout, stderr } = await operator.myc(['start', 'deploy', ...names]);
    if (status !== 0) throw new Error(`deploy ended with ${status}: ${stderr}`);
    return stdout;
  };
  await deploy();
  const pyinfra = await preparePyinfra(operator, lab, hosts);
  await pyinfra();
  await deploy();
  const ours: number[] = [];
  const ratios = await sampled(5, async () => {
    const theirs = await seconds(pyinfra);
    let said = '';
    const one = await seconds(async () => (said = await deploy()));
    if (names.some((name) => !new RegExp(`${name} +nothing to change`).test(said)))
      throw new Error(`this was to change nothing: ${said}`);
    ours.push(one);
    return rounded(one / theirs);
  });
  return { seconds: summed(ours), ratioToPyinfra: ratios };
}

async function preparePyinfra(
  operator: Operator,
  lab: Lab,
  hosts: LabHost[],
): Promise<() => Promise<unknown>> {
  const venv = path.join(cacheFolder, '..', `pyinfra-${pyinfraVersion}`);
  const program = path.join(venv, 'bin/pyinfra');
  if ((await run(['test', '-x', program], { allowFailure: true })).code !== 0) {
    await mkdir(path.dirname(venv), { recursive: true });
    await run(['python3', '-m', 'venv', venv]);
    await run([path.join(venv, 'bin/pip'), 'install', '-q', `pyinfra==${pyinfraVersion}`]);
  }
  const config = parseConfig(await readFile(operator.configFile, 'utf8'), operator.configFile);
  const state = composeReadyState(config, { withoutDockerClean: false, noDockerRestart: false });
  const stateFile = path.join(operator.folder, 'state.json');
  await writeFile(stateFile, JSON.stringify(state), { mode: 0o600 });
  const knownHosts = path.join(operator.folder, 'known_hosts');
  await writeFile(knownHosts, hosts.map((host) => `${host.address} ${host.hostKey}\n`).join(''));
  const inventory = path.join(operator.folder, 'inventory.py');
  const data = (host: LabHost) =>
    `("${host.address}", {"ssh_user": "${host.user}", "ssh_key": ${JSON.stringify(lab.identityFile)}, "ssh_known_hosts_file": ${JSON.stringify(knownHosts)}, "ssh_strict_host_key_checking": "yes", "_sudo": ${host.user === 'root' ? 'False' : 'True'}})`;
  await writeFile(inventory, `hosts = [${hosts.map(data).join(', ')}]\n`);
  const script = path.join(repository, 'test/bench/pyinfra/deploy.py');
  return () => run([program, '-y', inventory, script], { env: { STATE_FILE: stateFile } });
}
