import { Command } from 'commander';
import * as fleet from './fleet.js';
import { cutMachine, healMachine, rebootMachine } from './machine.js';
import { hostName } from './names.js';
import { type ExtraImage, extraImages, provideImages } from './stand-ins.js';

const say = (line: string) => process.stderr.write(`${line}\n`);
const program = new Command('lab').description('Bare Debian hosts in containers on this machine');

program
  .command('up')
  .description('make what is missing of the lab; what is there stays as it is')
  .option('--hosts <n>', 'how many VPSs', '2')
  .option('--renew', 'hosts made of an older image are made anew; what is on them is lost')
  .option('--yes', 'install what is missing without asking')
  .action(async ({ hosts, renew }: { hosts: string; renew?: true }) => {
    const count = Number(hosts);
    if (!Number.isInteger(count) || count < 1 || count > 20)
      program.error(`--hosts ${hosts}: write a number from 1 to 20`, { exitCode: 2 });
    const made = await fleet.up(count, say, { renew });
    say(made.length > 0 ? `up: ${made.join(' ')}` : 'nothing to do: the lab is up');
  });
program.command('down').description('remove the hosts and their disks').action(fleet.down);
program
  .command('status')
  .option('--json', 'for programs')
  .action(async ({ json }: { json?: true }) => {
    const hosts = await fleet.status();
    if (json) process.stdout.write(`${JSON.stringify({ hosts })}\n`);
    else if (hosts.length === 0) say('the lab is down: npm run lab -- up');
    else
      for (const host of hosts)
        process.stdout.write(`${host.name}  ${host.address}  ${host.user}  ${host.state}\n`);
  });
program
  .command('create <name>')
  .description('a new bare host')
  .action(async (name: string) => {
    const made = await fleet.create(hostName(name), say);
    say(made ? `created ${hostName(name)}` : `nothing to do: ${hostName(name)} is up`);
  });
program
  .command('destroy <name>')
  .description('the host and its disks are gone')
  .action(async (name: string) => {
    const destroyed = await fleet.destroy(hostName(name));
    if (!destroyed) say(`nothing to do: ${hostName(name)} is not there`);
  });
program
  .command('reboot <name>')
  .option('--power-cut', 'without an orderly stop')
  .action((name: string, { powerCut }: { powerCut?: true }) =>
    rebootMachine(hostName(name), powerCut ? 'power-cut' : 'orderly'),
  );
program
  .command('cut <name>')
  .description('unplug the host from the network')
  .action((name: string) => cutMachine(hostName(name)));
program
  .command('heal <name>')
  .description('plug it in again')
  .action((name: string) => healMachine(hostName(name)));

program
  .command('images <names...>')
  .description(`what the mirror serves besides: ${Object.keys(extraImages).join(', ')}`)
  .action(async (names: string[]) => {
    const known = Object.keys(extraImages) as ExtraImage[];
    const wrong = names.find((name) => !known.includes(name as ExtraImage));
    if (wrong !== undefined)
      program.error(`no image ${wrong}: write some of ${known.join(', ')}`, { exitCode: 2 });
    await provideImages(names as ExtraImage[], say);
  });

program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
