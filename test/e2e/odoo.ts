import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import type { LabHost } from '../lab/lab.js';

/** One request to a site of a host, over TLS, as a browser that knows the site's certificate would send it. */
export interface Site {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: string, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export function siteOf(host: Pick<LabHost, 'address'>, domain: string, ca: string, port = 443): Site {
  const send = (method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const to = { host: host.address, port, servername: domain, ca, method, path };
      const sent = request({ ...to, headers: { host: domain, ...headers }, timeout: 60_000 }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const { statusCode = 0, headers } = answer;
          resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`${domain}${path}: no answer`)));
      sent.end(body);
    });
  return {
    get: (path, headers = {}) => send('GET', path, headers),
    post: (path, body, headers = {}) =>
      send('POST', path, { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body),
  };
}

/** The same without TLS: how it is answered, and where it is sent on to. */
export function plain(host: Pick<LabHost, 'address'>, domain: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const to = { host: host.address, path, headers: { host: domain }, timeout: 10_000 };
    const sent = plainRequest(to, (answer) => {
      answer
        .resume()
        .on('end', () => resolve(`${answer.statusCode} ${answer.headers.location ?? ''}`.trim()));
    });
    sent.on('error', reject).end();
  });
}

/** Logs in with the form of the page, and returns where it leads, with the session's cookie. */
export async function logIn(
  site: Site,
  login: string,
  password: string,
): Promise<Answer & { cookie: string }> {
  const page = await site.get('/web/login');
  const [, token = ''] = /name="csrf_token" value="([^"]+)"/.exec(page.body) ?? [];
  const answer = await site.post(
    '/web/login',
    new URLSearchParams({ login, password, csrf_token: token }).toString(),
    { 'content-type': 'application/x-www-form-urlencoded', cookie: cookieOf(page) },
  );
  return { ...answer, cookie: cookieOf(answer) || cookieOf(page) };
}

const cookieOf = ({ headers }: Answer): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');

/** Odoo's API: a method of a model, as anybody's program calls it. */
export async function call<T>(
  site: Site,
  session: Session,
  model: string,
  method: string,
  ...args: unknown[]
): Promise<T> {
  const { database, uid, password } = session;
  return rpc(site, 'object', 'execute_kw', [database, uid, password, model, method, args]);
}

export interface Session {
  database: string;
  uid: number;
  password: string;
}

export async function session(
  site: Site,
  database: string,
  login: string,
  password: string,
): Promise<Session> {
  const uid = await rpc<number | false>(site, 'common', 'authenticate', [database, login, password, {}]);
  if (uid === false) throw new Error(`Odoo refuses ${login}`);
  return { database, uid, password };
}

async function rpc<T>(site: Site, service: string, method: string, args: unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'call', params: { service, method, args } });
  const answer = await site.post('/jsonrpc', body, { 'content-type': 'application/json' });
  const { result, error } = JSON.parse(answer.body) as { result: T; error?: { data?: { message?: string } } };
  if (error !== undefined) throw new Error(error.data?.message ?? JSON.stringify(error));
  return result;
}
