import { ensureExtraImage } from './stand-ins.js';
import { label, network, subnet } from './names.js';
import { docker } from './run.js';

/** A mail server beside the hosts that takes whatever it is sent, and keeps it. */
export interface MailCatcher {
  address: string;
  /** All mails so far, headers too, as they came. */
  caught(): Promise<string>;
  destroy(): Promise<void>;
}

/** Not named as a host: the lab lists those by their prefix. */
const container = `${network}_mail`;

/** A new, empty one each time. Odoo's image has the last Python with a mail server of its own, and who needs one has that image. */
export async function freshMailCatcher(): Promise<MailCatcher> {
  const image = await ensureExtraImage('odoo:14', () => undefined);
  await docker(['rm', '--force', container], { allowFailure: true });
  const address = subnet().replace(/0\/24$/, '249');
  await docker([
    ...['run', '--detach', '--init', '--name', container, '--label', label, '--network', network],
    ...['--ip', address, '--user', '0', '--entrypoint', 'python3', image],
    ...['-u', '-m', 'smtpd', '-n', '-c', 'DebuggingServer', '0.0.0.0:25'],
  ]);
  return {
    address,
    caught: () => docker(['logs', container]),
    destroy: async () => void (await docker(['rm', '--force', container])),
  };
}
