import http from 'node:http';
import net from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { taskQueue } from '../../workflows/contract/ids.js';
import { portsNoPageReaches } from '../../worker/unreachable-by-pages.js';
import { env, startUp } from './fixtures/start-up.js';
import { type Place, listeningPlaces } from './listening.js';
import { startTemporalServer } from '../../worker/temporal-server.js';

let up: Awaited<ReturnType<typeof startUp>>;
let connection: Connection;
let places: Place[];
let ui: Place;
beforeAll(async () => {
  up = await startUp();
  connection = await Connection.connect({ address: up.up.address });
  places = await listeningPlaces([process.pid, up.up.serverPid]);
  ui = { address: '127.0.0.1', port: Number(new URL(up.up.uiUrl).port) };
});
afterAll(async () => {
  await connection.close();
  await up.stop();
  await up.remove();
});

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}
const nothing: Answer = { status: 0, headers: {}, text: '' };

/** What came back; nothing when the server speaks no HTTP/1.1, which is all that a page can make a browser speak in the clear. */
function ask(
  { address, port }: Place,
  path: string,
  options: { method?: string; headers?: http.OutgoingHttpHeaders; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve) => {
    const asked = http.request({ host: address, port, path, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', () => resolve(nothing));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asked.setTimeout(5000, () => asked.destroy());
    asked.once('error', () => resolve(nothing)).end(body);
  });
}

const workflows = '/api/v1/namespaces/default/workflows';
const started = JSON.stringify({ workflowType: { name: 'touchOnce' }, taskQueue: { name: taskQueue } });

/** What a page does whose own name was rebound to this place: it is same-origin there, reads the cookie and sends it back. */
async function startThrough(place: Place, workflowId: string, name: string) {
  const host = `${name}:${place.port}`;
  const page = await ask(place, '/', { headers: { host } });
  const cookie = /_csrf=[^;]*/.exec(String(page.headers['set-cookie']))?.[0] ?? '_csrf=none';
  const headers = {
    ...{ host, cookie, 'x-csrf-token': cookie.replace('_csrf=', ''), origin: `http://${host}` },
    ...{ 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
  };
  return ask(place, `${workflows}/${workflowId}`, { method: 'POST', headers, body: started });
}

const statusOf = (workflowId: string): Promise<string> =>
  new Client({ connection }).workflow
    .getHandle(workflowId)
    .describe()
    .then(
      ({ status }) => status.name,
      (error: Error) => error.name,
    );

test('all ports that up opens are on loopback, and its own are among them', () => {
  expect(places.length).toBeGreaterThanOrEqual(6);
  for (const { address } of places) expect(address).toMatch(/^127\./);
  expect(places).toContainEqual(ui);
});

test('no port that up opens takes a start from a page whose name was rebound, or tells it anything', async () => {
  for (const place of places) {
    // A browser connects to none of these, whatever name leads there.
    if (portsNoPageReaches.includes(place.port)) continue;
    const workflowId = `rebound-${place.port}`;
    const { status } = await startThrough(place, workflowId, 'evil.example');
    expect([place.port, status]).toEqual([place.port, status === 0 ? 0 : expect.toBeOneOf([403, 404])]);
    expect(await statusOf(workflowId)).toBe('WorkflowNotFoundError');
    for (const path of ['/', workflows, '/api/v1/settings', '/debug/pprof/', '/decode']) {
      const read = await ask(place, path, { headers: { host: `evil.example:${place.port}` } });
      expect([place.port, path, read.status]).toEqual([
        place.port,
        path,
        read.status === 0 ? 0 : expect.toBeOneOf([403, 404]),
      ]);
    }
  }
});

test('one place alone cannot tell pages apart, the UI behind its guard, and browsers refuse its port', async () => {
  const [inner, ...others] = places.filter(({ port }) => portsNoPageReaches.includes(port));
  expect(others).toEqual([]);
  expect(inner!.address).not.toBe('127.0.0.1');
  // Node's own fetch follows the same standard.
  const failure: unknown = await fetch(`http://${inner!.address}:${inner!.port}/`).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ cause: { message: 'bad port' } });
});

test('the UI answers its own page, and takes what that page changes', async () => {
  expect(await ask(ui, '/')).toMatchObject({ status: 200, text: expect.stringContaining('<html') as string });
  expect(await ask(ui, workflows, { headers: { host: `localhost:${ui.port}` } })).toMatchObject({
    status: 200,
  });
  expect((await startThrough(ui, 'own-page', '127.0.0.1')).status).toBe(200);
  expect(await statusOf('own-page')).not.toBe('WorkflowNotFoundError');
});

const own = () => `127.0.0.1:${ui.port}`;
test.each<[string, string, () => { method?: string; headers: http.OutgoingHttpHeaders }]>([
  [
    'a POST of another page',
    '/x',
    () => ({ method: 'POST', headers: { origin: 'https://elsewhere.example' } }),
  ],
  ['a POST that names no page', '/x', () => ({ method: 'POST', headers: {} })],
  ['a POST of a sandboxed page', '/x', () => ({ method: 'POST', headers: { origin: 'null' } })],
  ['a DELETE of another port', '/x', () => ({ method: 'DELETE', headers: { origin: 'http://127.0.0.1:1' } })],
  ['a read of another page', workflows, () => ({ headers: { origin: 'https://elsewhere.example' } })],
  [
    'a script of another page',
    workflows,
    () => ({ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' } }),
  ],
  [
    'a form of another page',
    '/x',
    () => ({
      method: 'POST',
      headers: { origin: `http://${own()}`, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    }),
  ],
  ['its address without the port', '/', () => ({ headers: { host: '127.0.0.1' } })],
  [
    'a name that only begins like its own',
    '/',
    () => ({ headers: { host: `127.0.0.1.evil.example:${ui.port}` } }),
  ],
])('the UI refuses %s', async (_, path, options) => {
  const { status, text } = await ask(ui, path, options());
  expect([status, text]).toEqual([403, expect.stringMatching(/^refused: /)]);
});

/** The first line that comes back for a request as it is written. */
function raw(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(ui.port, ui.address, () => socket.write([...lines, '', ''].join('\r\n')));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text.split('\r\n', 1)[0]!));
    socket.once('error', reject);
    socket.setTimeout(5000, () => socket.destroy());
  });
}

test.each<[string, () => string[]]>([
  ['two Host headers', () => [`GET ${workflows} HTTP/1.1`, `Host: ${own()}`, 'Host: evil.example']],
  ['a whole address', () => [`GET http://evil.example${workflows} HTTP/1.1`, `Host: ${own()}`]],
  ['a tunnel', () => [`CONNECT ${up.up.address} HTTP/1.1`, `Host: ${own()}`]],
  [
    'another protocol',
    () => [`GET / HTTP/1.1`, `Host: ${own()}`, 'Connection: Upgrade', 'Upgrade: websocket'],
  ],
  ['no name at all', () => [`GET ${workflows} HTTP/1.0`]],
])('the UI refuses %s', async (_, lines) => {
  expect(await raw(lines())).toMatch(/^HTTP\/1\.1 40[03] /);
});

test('a port that is taken is named, and nothing is left running', async () => {
  const options = { dataDirectory: up.directory, port: 0, uiPort: ui.port, env };
  await expect(startTemporalServer(options)).rejects.toThrow(
    `the Temporal UI cannot listen on port ${ui.port}: listen EADDRINUSE`,
  );
});
