import { createHash, randomBytes } from 'node:crypto';
import { type Session, type Site, call, session, siteOf } from '../e2e/odoo.js';
import type { LabHost } from '../lab/lab.js';

/** What a visitor and the owner of the site see of a host; the same before the loss and after the recovery. */
export interface Proof {
  host: string;
  url: string;
  /** The title of the page to log in, over HTTPS. */
  page: string;
  /** sha256 of that page, but for what is another in each answer. */
  pageSha256: string;
  /** Read over Odoo's API, as its administrator. */
  partner: string;
  partners: number;
  partnersSha256: string;
  photos: number;
  /** sha256 of the photos' names and contents. */
  photosSha256: string;
}

/** A service of this name is a site of it. */
export const domain = 'www.lab';
export const composeFile = `${domain}:\n  charm: odoo\napache:\nletsencrypt:\n`;

const partner = 'Ada Lovelace';
const partnerCount = 500;
const photoCount = 24;

/** A partner, as a person would create one, many more, and photos of 1 MiB each. */
export async function fillHost(host: LabHost): Promise<void> {
  const { site, odoo } = await logIn(host);
  await call(site, odoo, 'res.partner', 'create', { name: partner, email: 'ada@example.org' });
  const others = Array.from({ length: partnerCount - 1 }, (_, n) => ({
    name: `customer ${n + 1}`,
    ref: `C${n + 1}`,
  }));
  await call(site, odoo, 'res.partner', 'create', others);
  for (let n = 1; n <= photoCount; n++) {
    const datas = randomBytes(1 << 20).toString('base64');
    await call(site, odoo, 'ir.attachment', 'create', { name: `photo ${String(n).padStart(2, '0')}`, datas });
  }
}

export async function proofOf(host: LabHost): Promise<Proof> {
  const { site, odoo } = await logIn(host);
  const answer = await site.get('/web/login');
  if (answer.status !== 200) throw new Error(`${host.name} answers ${answer.status} instead of its page`);
  const page = answer.body.replace(/csrf_token[^>]*>|csrf_token: "[^"]*"/g, '');
  const read = <T>(model: string, filter: unknown[], fields: string[]) =>
    call<T[]>(site, odoo, model, 'search_read', filter, fields, 0, false, 'id');
  const partners = await read<{ name: string }>('res.partner', [], ['name', 'email', 'ref', 'create_date']);
  const photos = await read<{ name: string; datas: string }>(
    'ir.attachment',
    [['name', 'like', 'photo %']],
    ['name', 'datas'],
  );
  return {
    host: host.name,
    url: `https://${domain}/web/login`,
    page: /<title>([^<]*)<\/title>/.exec(page)?.[1]?.trim() ?? '',
    pageSha256: sha256(page),
    partner: partners.find(({ name }) => name === partner)?.name ?? 'nobody',
    partners: partners.length,
    partnersSha256: sha256(JSON.stringify(partners)),
    photos: photos.length,
    photosSha256: sha256(JSON.stringify(photos)),
  };
}

/** The same, but for the host it is of. */
export const isSame = (before: Proof, after: Proof): boolean =>
  JSON.stringify({ ...before, host: '' }) === JSON.stringify({ ...after, host: '' });

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As the owner, who knows the site's certificate and the administrator's password from the host. */
async function logIn(host: LabHost): Promise<{ site: Site; odoo: Session }> {
  const data = '/srv/datastore/data';
  const certificate = `${data}/letsencrypt/etc/letsencrypt/live/${domain}/fullchain.pem`;
  const site = siteOf(host, domain, await host.exec(['cat', certificate]));
  const password = await host.exec(['cat', `${data}/${domain}/.compose/password/odoo-admin`]);
  return { site, odoo: await session(site, domain, 'admin', password.trim()) };
}
