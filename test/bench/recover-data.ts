import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LabHost } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { stepsOf } from './recover.js';
import { type Samples, rounded, sampled, summed } from './samples.js';
import { type Shop, files } from './shop.js';

export interface RecoverData {
  /** The step `data` of `myc-wf start recover …#IDENT:PATH HOST:DEST`: the transfer, without verification. */
  seconds: Samples;
  /** Seconds of a raw `rsync -aHAX` of the same files between the same hosts to ours; above 1 is faster than it. */
  ratioToRsync: Samples;
}

/** They take turns, each into an empty place of a host that nothing else happens on. */
export async function benchRecoverData(
  { operator, target, ident, source }: Shop,
  host: LabHost,
): Promise<RecoverData> {
  const on = (command: string): Promise<string> => host.exec(['bash', '-c', command]);
  const ours = async (): Promise<number> => {
    await operator.done('start', 'recover', `${source}:${files}`, `${host.name}:/srv/ours`);
    const { startedAtMs, endedAtMs } = (await stepsOf(operator, host.name)).find(({ id }) => id === 'data')!;
    if ((await on('ls /srv/ours | wc -l')).trim() !== '2002') throw new Error('not all files came');
    await on('rm -rf /srv/ours');
    return (endedAtMs! - startedAtMs!) / 1000;
  };
  // The first one brings rsync to the host.
  await ours();
  await on('mkdir -m 700 /root/raw && ssh-keygen -q -t ed25519 -N "" -f /root/raw/key');
  const { address = '', 'host-keys': [targetKey] = [], 'identity-file': adminKey = '' } = target.config;
  await on(`echo '${address} ${targetKey}' >/root/raw/known_hosts`);
  const publicKey = await on("cut -d' ' -f1,2 /root/raw/key.pub");
  const knownHosts = path.join(operator.folder, 'known_hosts.target');
  await writeFile(knownHosts, `${address} ${targetKey}\n`);
  const options = ['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${knownHosts}`];
  const login = ['-i', adminKey, `myadmin@${address}`, 'request-recovery-key', ident, publicKey.trim()];
  const asked = await run(['ssh', ...options, ...login]);
  const { user } = JSON.parse(asked.stdout) as { user: string };
  const shell = 'ssh -i /root/raw/key -o UserKnownHostsFile=/root/raw/known_hosts';
  const raw = async (): Promise<number> => {
    const rsync = `rsync -aHAX --numeric-ids -M--fake-super -e '${shell}' ${user}@${address}:${files}/ /srv/raw/`;
    const took = Number(await on(`TIMEFORMAT=%R; { time ${rsync} >&2; } 2>&1 | tail -n 1`));
    await on('rm -rf /srv/raw');
    return took;
  };
  await raw();
  const seconds: number[] = [];
  const ratioToRsync = await sampled(5, async () => {
    const theirs = await raw();
    const one = await ours();
    seconds.push(one);
    return rounded(theirs / one);
  });
  return { seconds: summed(seconds), ratioToRsync };
}
