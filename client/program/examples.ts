import type { Command } from 'commander';
import { ownValue } from '../../workflows/contract/own-value.js';

/** One line each that does something sensible, under the command's --help. */
export const examples: Readonly<Record<string, string>> = {
  'start vps-setup': 'start vps-setup root@vps1.example.org --host-key SHA256:…',
  'start deploy': 'start deploy vps1.example.org vps2.example.org',
  'start up': 'start up vps1.example.org www.example.org apache',
  'start backup-install': 'start backup-install myadmin@backup.example.org:10023 vps1.example.org',
  'start backup': 'start backup vps1.example.org vps2.example.org',
  'start recover': 'start recover myadmin@backup.example.org:10023#vps1.example.org vps2.example.org',
  'start recover-target': 'start recover-target vps1.example.org /srv/datastore/data/web /root/web',
  'start action': 'start action vps1.example.org odoo save > odoo.zip',
  'start update': 'start update vps1.example.org vps2.example.org',
  'start cutoff': 'start cutoff vps1.example.org 25 465 587 993',
  'cutoff status': 'cutoff status vps1.example.org',
  'compose plan': 'compose plan --file compose.yml --charms ./charms',
  'compose HOST plan': 'compose vps1.example.org plan',
  'compose HOST up': 'compose vps1.example.org up --file ./compose.yml --debug',
  'compose HOST down': 'compose vps1.example.org down',
  'compose HOST stop': 'compose vps1.example.org stop odoo',
  'compose HOST start': 'compose vps1.example.org start odoo',
  'compose HOST restart': 'compose vps1.example.org restart apache --detach',
  'compose HOST create': 'compose vps1.example.org create odoo',
  'compose HOST run': 'compose vps1.example.org run --rm --use-aliases odoo --dev=wdb',
  'compose HOST logs': 'compose vps1.example.org logs --follow odoo',
  'compose HOST ps': 'compose vps1.example.org ps --json',
  'compose HOST config': 'compose vps1.example.org config',
  'compose HOST ip': 'compose vps1.example.org ip postgres',
  st: 'st vps1.example.org',
  ip: 'ip vps1.example.org',
  'postgres ls': 'postgres ls vps1.example.org',
  follow: 'follow vps1.example.org',
  status: 'status vps1.example.org',
  list: 'list --host vps1.example.org --operation recover --status failed',
  answer: 'answer vps1.example.org yes',
  cancel: 'cancel vps1.example.org',
  result: 'result vps1.example.org --json',
  logs: 'logs vps1.example.org --follow --step compose-ready',
  ui: 'ui vps1.example.org',
  'schedule list': 'schedule list',
  'schedule trigger': 'schedule trigger vps1.example.org',
  'schedule pause': 'schedule pause vps1.example.org',
  'schedule resume': 'schedule resume vps1.example.org',
  up: 'up --detach',
  down: 'down',
  worker: 'worker --log-file /var/log/myc-wf.log',
  doctor: 'doctor',
  'config validate': 'config validate ./config.yml',
  completion: 'completion bash > /etc/bash_completion.d/myc-wf',
};

/** Under each command that does something itself; `prefix` is how the commands above it are written. */
export function addExamples(program: Command, prefix = ''): void {
  for (const command of program.commands) {
    const words = `${prefix}${command.name()}`;
    const example = ownValue(examples, words);
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  myc-wf ${example}`);
    addExamples(command, `${words} `);
  }
}
