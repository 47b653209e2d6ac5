import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type MailCatcher, freshMailCatcher } from '../lab/mail-catcher.js';
import { withoutOdoo } from './odoo-host.js';
import { type Session, type Site, call, logIn, session, siteOf } from './odoo.js';
import { type Operator, openOperator } from './operator.js';

const first = 'vps76.lab';
const second = 'vps77.lab';
const service = 'www.mydomain.org';
const attachment = Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * 11) % 253)).toString(
  'base64',
);

describe.skipIf(withoutOdoo)('an Odoo and a second host', { timeout: 600_000 }, () => {
  let lab: Lab;
  let one: LabHost;
  let other: LabHost;
  let target: LabTarget;
  let mail: MailCatcher;
  let operator: Operator;
  let password: string;
  let ca: string;

  const on = (host: LabHost) => (command: string) => host.exec(['bash', '-c', command]);
  const at = async (host: LabHost): Promise<{ site: Site; odoo: Session }> => {
    const site = siteOf(host, service, ca);
    return { site, odoo: await session(site, service, 'admin', password) };
  };
  const ask = async <T>(host: LabHost, model: string, method: string, ...args: unknown[]) => {
    const { site, odoo } = await at(host);
    return call<T>(site, odoo, model, method, ...args);
  };
  const action = (host: string, ...words: string[]) =>
    operator.myc(['start', 'action', host, service, ...words]);
  const sql = (host: LabHost, query: string) =>
    host.exec(
      ['docker', 'exec', '-i', 'myc-postgres-1', 'psql', '-XqAtU', 'postgres', '-d', service, '-f', '-'],
      { input: query },
    );

  beforeAll(async () => {
    lab = await openLab({ hosts: 1, images: ['odoo:14'] });
    [one, other, target, mail] = await Promise.all([
      lab.fresh(first),
      lab.fresh(second),
      freshTarget(),
      freshMailCatcher(),
    ]);
    operator = await openOperator(lab, {
      configure: (config) => ({ ...config, 'backup-targets': { [target.name]: target.config } }),
    });
    await operator.up();
    await operator.done('start', 'deploy', first);
    await one.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
      input: `${service}:\n  charm: odoo\n  options: {modules: [mail]}\napache:\nletsencrypt:\n`,
    });
    await operator.done('start', 'up', first);
    const live = `/srv/datastore/data/letsencrypt/etc/letsencrypt/live/${service}`;
    ca = await on(one)(`cat ${live}/fullchain.pem`);
    password = await on(one)(`cat /srv/datastore/data/${service}/.compose/password/odoo-admin`);
    await ask(one, 'res.partner', 'create', { name: 'Ada Lovelace' });
    await ask(one, 'ir.attachment', 'create', { name: 'notes', datas: attachment });
  }, 900_000);
  afterAll(async () => {
    await operator?.close();
    await target?.destroy();
    await mail?.destroy();
    await lab?.destroy(first);
    await lab?.destroy(second);
  });

  test('recovered there, a person logs in over HTTPS and finds the partner and the attachment', async () => {
    await operator.done('start', 'backup-install', `myadmin@${target.name}`, first);
    await operator.done('start', 'recover', `myadmin@${target.name}#${first}`, second);
    const { site } = await at(other);
    const entered = await logIn(site, 'admin', password);
    expect(entered).toMatchObject({ status: 303, headers: { location: `https://${service}/web` } });
    expect((await site.get('/web', { cookie: entered.cookie })).body).toContain(`"db": "${service}"`);
    const named = [['name', 'like', 'Ada%']];
    expect(await ask(other, 'res.partner', 'search_read', named, ['name'])).toMatchObject([
      { name: 'Ada Lovelace' },
    ]);
    const [notes] = await ask<{ datas: string }[]>(
      other,
      'ir.attachment',
      'search_read',
      [['name', '=', 'notes']],
      ['datas'],
    );
    expect(notes?.datas.replaceAll('\n', '')).toBe(attachment);
    // Its database as dumps, the files under the account that Odoo has in its image.
    expect(
      await on(other)(
        `[ "$(stat -c %u /srv/datastore/data/${service}/var/lib/odoo/filestore)" = "$(docker run --rm --entrypoint id odoo:14 -u odoo)" ] && echo same`,
      ),
    ).toBe('same');
  });

  describe('a copy of it, whose mail is shut in before Odoo starts', () => {
    let zip: string;
    /** From a container of the host to the mail server, as Odoo would reach it. */
    const reaches = (host: LabHost) =>
      on(host)(
        `docker run --rm --network myc_default --entrypoint bash odoo:14 -c 'timeout 5 bash -c "exec 3<>/dev/tcp/${mail.address}/25" && echo reached || echo not' 2>/dev/null`,
      );
    /** What the scheduled action of Odoo's does with the mails that wait. */
    const sendWhatWaits = async (host: LabHost) => {
      const queue = [['subject', '=', 'to a customer']];
      const waiting = await ask<number[]>(host, 'mail.mail', 'search', queue);
      await ask(host, 'mail.mail', 'send', waiting).catch(() => undefined);
      const after = await ask<{ state: string }[]>(host, 'mail.mail', 'search_read', queue, ['state']);
      return { waiting: waiting.length, states: after.map(({ state }) => state) };
    };

    beforeAll(async () => {
      zip = path.join(operator.folder, 'db.zip');
      await sql(
        one,
        `insert into ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, active) values ('ours', '${mail.address}', 25, 'none', true)`,
      );
      await ask(one, 'mail.mail', 'create', {
        subject: 'to a customer',
        email_from: 'shop@mydomain.org',
        email_to: 'customer@example.org',
        body_html: 'your order',
      });
      expect(await action(first, 'save', '-o', zip)).toMatchObject({ status: 0 });
    });

    test('nothing is loaded where the rules cannot be set', async () => {
      expect(await reaches(other)).toBe('reached');
      const broken = '/usr/local/sbin/iptables-restore';
      await on(other)(`printf '#!/bin/sh\\nexit 1\\n' >${broken} && chmod +x ${broken}`);
      const refused = await action(second, 'load', '--cutoff', '--yes', '-i', zip);
      await on(other)(`rm ${broken}`);
      expect(refused).toMatchObject({ status: 1 });
      expect(refused.stderr).toContain('mail can leave this host; nothing was loaded');
      expect(await sql(other, 'select count(*) from ir_mail_server')).toBe('0');
      expect(await sql(other, "select count(*) from pg_database where datname like 'myc-load%'")).toBe('0');
    });

    test('with its mail servers as they were, no mail gets out of the host', async () => {
      const loaded = await action(second, 'load', '--cutoff', '--yes', '-i', zip);
      expect(loaded, loaded.stderr).toMatchObject({ status: 0 });
      expect(await reaches(other)).toBe('not');
      expect((await operator.done('cutoff', 'status', second)).stdout).toBe(
        'cut off: 25, 110, 143, 465, 587, 993, 995\n',
      );
      const servers = await ask<{ smtp_host: string }[]>(
        other,
        'ir.mail_server',
        'search_read',
        [],
        ['smtp_host'],
      );
      expect(servers).toMatchObject([{ smtp_host: mail.address }]);
      expect(await sendWhatWaits(other)).toEqual({ waiting: 1, states: ['exception'] });
      expect(await mail.caught()).toBe('');
      expect(await ask(other, 'res.partner', 'search_count', [['name', '=', 'Ada Lovelace']])).toBe(1);
    });

    test('neutralised too, it has none to send it to, also once the rules are lifted', async () => {
      const loaded = await action(second, 'load', '--neutralize', '--cutoff', '--yes', '-i', zip);
      expect(loaded, loaded.stderr).toMatchObject({ status: 0 });
      expect(await reaches(other)).toBe('not');
      await operator.done('start', 'cutoff', second, '--lift');
      expect(await reaches(other)).toBe('reached');
      expect(await sendWhatWaits(other)).toEqual({ waiting: 1, states: ['exception'] });
      expect(await mail.caught()).toBe('');
    });

    test('on the first host the same mail goes out', async () => {
      expect(await sendWhatWaits(one)).toMatchObject({ waiting: 1 });
      await expect.poll(() => mail.caught(), { timeout: 20_000 }).toContain('Subject: to a customer');
    });
  });
});
