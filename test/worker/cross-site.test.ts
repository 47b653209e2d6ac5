import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { taskQueue } from '../../workflows/contract/ids.js';
import { type TemporalServer, startTemporalServer } from '../../worker/temporal-server.js';
import { env } from './fixtures/start-up.js';

let directory: string;
let server: TemporalServer;
let connection: Connection;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-server-'));
  server = await startTemporalServer({ dataDirectory: directory, port: 0, uiPort: 0, env });
  connection = await Connection.connect({ address: server.address });
});
afterAll(async () => {
  await connection.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

/** What a web page can make its visitor's browser send without asking: a POST of plain text. */
function postStart(authority: string, workflowId: string, headers: http.OutgoingHttpHeaders) {
  const [hostname, port] = authority.split(':');
  const start = { workflowType: { name: 'touchOnce' }, taskQueue: { name: taskQueue } };
  return new Promise<number | undefined>((resolve, reject) => {
    const request = http.request(
      { hostname, port, method: 'POST', path: `/api/v1/namespaces/default/workflows/${workflowId}`, headers },
      (response) => response.resume().once('end', () => resolve(response.statusCode)),
    );
    request.once('error', reject).end(JSON.stringify(start));
  });
}

const status = (workflowId: string): Promise<string> =>
  new Client({ connection }).workflow
    .getHandle(workflowId)
    .describe()
    .then(
      ({ status }) => status.name,
      (error: Error) => error.name,
    );

const crossSite = { origin: 'https://elsewhere.example', 'content-type': 'text/plain' };

test.each(['localhost', '127.0.0.1', 'elsewhere.example'])(
  'a cross-site POST to the HTTP API under the name %s starts nothing',
  async (host) => {
    const { httpAddress } = server;
    const port = httpAddress.split(':')[1];
    expect(await postStart(httpAddress, 'http', { ...crossSite, host: `${host}:${port}` })).toBe(403);
    expect(await status('http')).toBe('WorkflowNotFoundError');
  },
);

test('a cross-site POST through the UI starts nothing', async () => {
  expect(await postStart(server.uiUrl.replace('http://', ''), 'ui', crossSite)).toBe(400);
  expect(await status('ui')).toBe('WorkflowNotFoundError');
});

test('the same POST under the one name that is allowed, and that nobody has, would start it', async () => {
  const headers = { ...crossSite, host: 'nobody.invalid' };
  expect(await postStart(server.httpAddress, 'control', headers)).toBe(200);
  expect(await status('control')).toBe('RUNNING');
});
