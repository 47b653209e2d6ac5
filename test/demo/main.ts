import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { parseConfig } from '../../client/config/parse.js';
import type { Config } from '../../client/config/schema.js';
import { dataDirectory } from '../../client/temporal-settings.js';
import { table } from '../../client/output.js';
import { down, removeAside, setAside } from '../lab/fleet.js';
import { type LabHost, openLab } from '../lab/lab.js';
import { labFolder } from '../lab/names.js';
import { endPrograms } from '../lab/programs.js';
import { ensureExtraImage, provideImages } from '../lab/stand-ins.js';
import { ensureUp, myc, stopUp } from './myc.js';
import { type Proof, composeFile, fillHost, isSame, proofOf } from './proof.js';
import { Clock } from './clock.js';

const words = process.argv.slice(2);
const json = words.includes('--json');
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const configFile = path.join(labFolder, 'demo.yml');
const adminKey = path.join(labFolder, 'myadmin_ed25519.pub');
const target = 'myadmin@backup.lab:10023';

/** Odoo's image takes 4 minutes once and is not asked for before vps1 comes up: it is made beside the chain. The first of both to fail ends the demo. */
async function demo(clock: Clock): Promise<void> {
  const odoo = ensureExtraImage('odoo:14', (line) => say(`lab: ${line}`));
  const odooFailed = new Promise<never>((_, reject) => void odoo.catch(reject));
  await Promise.race([chain(clock, odoo), odooFailed]);
}

/** Each link is started with `myc-wf start …`. Hosts are made anew, so that every run shows all of it. */
async function chain(clock: Clock, odoo: Promise<string>): Promise<void> {
  // Those of an earlier demo: to remove them first would take longer than to make new ones.
  await setAside(['vps1.lab', 'vps2.lab', 'backup.lab']);
  const lab = await clock.step('lab: three bare hosts, and what they need', () => openLab({ hosts: 2 }));
  const hosts = {
    vps1: await lab.host('vps1.lab'),
    vps2: await lab.host('vps2.lab'),
    backup: await lab.host('backup.lab'),
  };
  const config = parseConfig(await readFile(lab.configFile, 'utf8'), lab.configFile);
  await stopUp(dataDirectory(config));
  // What an earlier demo left half-way would wait for hosts that are no more.
  await rm(dataDirectory(config), { recursive: true, force: true });
  await writeConfig(config);
  const { uiUrl } = await clock.step('up: Temporal and a worker', () =>
    ensureUp(configFile, dataDirectory(config)),
  );
  say(`Temporal UI: ${uiUrl}`);
  const start = (...args: string[]): Promise<string> => myc(configFile, ['start', ...args]);

  await clock.step('vps-setup vps1 vps2 backup', () =>
    start('vps-setup', 'vps1.lab', 'vps2.lab', 'backup.lab'),
  );
  await clock.step('deploy vps1', () => start('deploy', 'vps1.lab'));
  await writeComposeFiles(hosts.vps1, hosts.backup);
  const backupUp = await clock.step('deploy backup and then up, on their own', async () => {
    await start('deploy', 'backup.lab', '--detach');
    const words = ['--json', 'start', 'up', 'backup.lab', '--wait', '--detach'];
    return (JSON.parse(await myc(configFile, words)) as { workflowId: string }).workflowId;
  });
  await clock.step('lab: the image of Odoo', async () => {
    await odoo;
    await provideImages(['odoo:14'], (line) => say(`lab: ${line}`));
  });
  await clock.step('up vps1', () => start('up', 'vps1.lab'));
  await clock.step('up backup, to its end', () => myc(configFile, ['follow', backupUp]));
  await clock.step('partners and photos over the API', () => fillHost(hosts.vps1));
  const fingerprint = await targetFingerprint(hosts.backup);
  await clock.step('backup-install vps1', () =>
    start('backup-install', target, 'vps1.lab', '--host-key', fingerprint),
  );
  await clock.step('backup vps1', () => start('backup', 'vps1.lab'));
  const before = await proofOf(hosts.vps1);
  say(
    `\nvps1.lab serves ${before.url} (${before.page}), ${before.partners} partners and ${before.photos} photos`,
  );
  await clock.step('vps1 is destroyed', () => lab.destroy('vps1.lab'));
  say('\nvps1.lab is gone: its container and its volumes are removed');
  await clock.step('recover vps1 -> vps2', () => start('recover', `${target}#vps1.lab`, 'vps2.lab', '--yes'));
  const after = await proofOf(hosts.vps2);
  const runUrl = await myc(configFile, ['ui', 'host/vps2.lab']);
  await clock.step('lab: hosts of an earlier demo are removed', removeAside);
  report(clock, before, after, runUrl);
}

/** The operator's own file, since the lab writes its one anew whenever a host comes or goes; with the key of a colleague. */
async function writeConfig(config: Config): Promise<void> {
  const keys = [...(config['ssh-access']?.['public-keys'] ?? []), (await readFile(adminKey, 'utf8')).trim()];
  const own = { ...config, 'ssh-access': { ...config['ssh-access'], 'public-keys': keys } };
  await writeFile(configFile, stringify(own, { lineWidth: 0 }), { mode: 0o600 });
}

/** What an operator writes on the hosts: the services of the site, and the accounts of the backup server. */
async function writeComposeFiles(vps1: LabHost, backup: LabHost): Promise<void> {
  const key = await readFile(adminKey, 'utf8');
  const write = (host: LabHost, text: string): Promise<string> =>
    host.exec(['sh', '-c', 'mkdir -p /opt/apps/myc-deploy && cat > /opt/apps/myc-deploy/compose.yml'], {
      input: text,
    });
  await write(vps1, composeFile);
  await write(
    backup,
    `rsync-backup-target:\n  options:\n    admin:\n      myadmin:\n        - ${JSON.stringify(key.trim())}\n`,
  );
}

/** Read on the backup server itself: what an operator compares at first contact. */
async function targetFingerprint(backup: LabHost): Promise<string> {
  const key =
    '/srv/datastore/data/rsync-backup-target/var/lib/rsync-backup-target/host-keys/ssh_host_ed25519_key.pub';
  return (await backup.exec(['ssh-keygen', '-lf', key])).split(' ')[1]!;
}

function report(clock: Clock, before: Proof, after: Proof, uiUrl: string): void {
  const same = isSame(before, after);
  if (json) {
    const { seconds, steps } = clock;
    process.stdout.write(`${JSON.stringify({ ok: same, seconds, steps, before, after, uiUrl })}\n`);
  } else {
    const proofs = [before, after].map((one) => [
      ...[one.host, one.page, one.pageSha256.slice(0, 12), one.partner],
      ...[`${one.partners} partners`, one.partnersSha256.slice(0, 12)],
      ...[`${one.photos} photos`, one.photosSha256.slice(0, 12)],
    ]);
    const steps = [...clock.steps, { title: 'in all', seconds: clock.seconds }];
    const times = steps.map(({ title, seconds }) => [title, `${seconds.toFixed(1)} s`]);
    process.stdout.write(
      `\n${table(times)}\n\n${table(proofs)}\n\n${same ? 'the same page, partners and photos' : 'NOT the same'}\n${uiUrl}\n`,
    );
    process.stdout.write('The UI and the hosts stay; `npm run demo -- stop` takes them away.\n');
  }
  if (!same) process.exitCode = 1;
}

/** Ends `up` and takes the demo's hosts away. */
async function stop(): Promise<void> {
  const text = await readFile(configFile, 'utf8').catch(() => undefined);
  if (text !== undefined) await stopUp(dataDirectory(parseConfig(text, configFile)));
  await down();
}

/** A chain that breaks says so in the same document. */
async function run(): Promise<void> {
  const clock = new Clock();
  try {
    await demo(clock);
  } catch (error) {
    const { seconds, steps } = clock;
    const message = error instanceof Error ? error.message : String(error);
    say(`\nthe demo ended after ${seconds} s: ${message}`);
    say('What it made stays to be looked at; `npm run demo -- stop` takes it away.');
    if (json) process.stdout.write(`${JSON.stringify({ ok: false, seconds, steps, error: message })}\n`);
    // Links of the chain may still wait for something.
    await endPrograms();
    process.exit(1);
  }
}

await (words.includes('stop') ? stop() : run());
