import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { Duplex } from 'node:stream';

export interface UiGuardOptions {
  /** Where the guard listens, on 127.0.0.1; 0 takes a free port. */
  port: number;
  /** Where the UI behind it listens. */
  inner: { address: string; port: number };
}

export interface UiGuard {
  url: string;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const reading = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Of one connection, not of the message: RFC 9110, section 7.6.1. */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade']);

/**
 * Stands before the Temporal UI, which answers to any name and takes a change from any page that
 * got its cookie. A page of another site whose name was rebound to loopback shows itself by its
 * Host, and any other page by its Origin or Sec-Fetch-Site.
 */
export async function startUiGuard({ port, inner }: UiGuardOptions): Promise<UiGuard> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
  const bound = server.address();
  const ownPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  const hosts = new Set([`${loopback}:${ownPort}`, `localhost:${ownPort}`]);

  server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
    const reason = refusalOf(asked, hosts);
    if (reason === undefined) pass(asked, answer, { ...inner, agent });
    else refuse(answer, 403, `refused: ${reason}`);
  });
  // The UI uses neither: a tunnel would pass the checks by.
  const cut = (_: IncomingMessage, socket: Duplex) =>
    void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  server.on('connect', cut);
  server.on('upgrade', cut);

  return {
    url: `http://${loopback}:${ownPort}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Why a request is not the UI's own; undefined when it is. */
function refusalOf(asked: IncomingMessage, hosts: ReadonlySet<string>): string | undefined {
  const { method = '', url = '', headers } = asked;
  const [host = '', ...others] = valuesOf(asked, 'host');
  if (others.length > 0 || !hosts.has(host.toLowerCase())) return 'it is not asked under its own name';
  if (!url.startsWith('/')) return 'it is asked for a whole address';
  const origins = valuesOf(asked, 'origin');
  if (origins.some((origin) => origin !== `http://${host.toLowerCase()}`)) return 'another page asks';
  if (!reading.has(method) && origins.length !== 1) return 'a change names no page';
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  // A link on another page may lead here; what it loads of here, unseen, may not.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && mode !== 'navigate')
    return 'another page asks';
  if (site !== undefined && site !== 'same-origin' && !reading.has(method)) return 'another page asks';
  return undefined;
}

/** Every occurrence of a header: Node itself keeps one of several. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
}

function pass(
  asked: IncomingMessage,
  answer: ServerResponse,
  { address, port, agent }: UiGuardOptions['inner'] & { agent: Agent },
): void {
  const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !hopByHop.has(name)));
  const { method, url: path } = asked;
  const passed = request({ host: address, port, agent, method, path, headers }, (told) => {
    const back = Object.entries(told.headers).filter(([name]) => !hopByHop.has(name));
    answer.writeHead(told.statusCode ?? 502, Object.fromEntries(back));
    told.pipe(answer);
    told.once('error', () => answer.destroy());
  });
  passed.once('error', () => {
    if (answer.headersSent) answer.destroy();
    else
      refuse(answer, 502, 'the Temporal UI does not answer; myc-wf up starts it again when its server ended');
  });
  answer.once('close', () => {
    if (!answer.writableFinished) passed.destroy();
  });
  asked.pipe(passed);
}

function refuse(answer: ServerResponse, status: number, why: string): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  answer.end(`${why}\n`);
}
