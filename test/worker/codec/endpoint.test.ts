import { randomBytes } from 'node:crypto';
import { type OutgoingHttpHeaders, request } from 'node:http';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CodecEndpoint, startCodecEndpoint } from '../../../worker/codec/endpoint.js';
import { makePayloadCodec } from '../../../worker/codec/payload-codec.js';

const key = randomBytes(32);
const uiOrigin = 'http://127.0.0.1:8233';
let endpoint: CodecEndpoint;
let body: string;

beforeAll(async () => {
  endpoint = await startCodecEndpoint({ key, port: 0, uiOrigin });
  body = JSON.stringify({ payloads: [await encrypted({ host: 'vps1' })] });
});
afterAll(() => endpoint.close());

async function encrypted(value: unknown): Promise<object> {
  const [payload] = await makePayloadCodec(key).encode([defaultPayloadConverter.toPayload(value)]);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(
      Object.entries(payload!.metadata!).map(([name, bytes]) => [name, text(bytes)]),
    ),
    data: text(payload!.data!),
  };
}

/** node:http, since fetch does not let a caller set Host. */
function ask(
  way: string,
  headers: OutgoingHttpHeaders = { origin: uiOrigin },
  method = 'POST',
  sent = body,
): Promise<{ status: number; allowed: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${endpoint.url}${way}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          allowed: response.headers['access-control-allow-origin'],
          text,
        }),
      );
    });
    asked.once('error', reject);
    asked.end(method === 'POST' ? sent : undefined);
  });
}

test("decodes for the UI's page", async () => {
  // As version 2.54 of the UI asks.
  const { status, allowed, text } = await ask('/decode?preserveStorageRefs=true');
  expect([status, allowed]).toEqual([200, uiOrigin]);
  const { payloads } = JSON.parse(text) as { payloads: { metadata: Record<string, string>; data: string }[] };
  const payload: Payload = {
    metadata: { encoding: Buffer.from(payloads[0]!.metadata['encoding']!, 'base64') },
    data: Buffer.from(payloads[0]!.data, 'base64'),
  };
  expect(defaultPayloadConverter.fromPayload(payload)).toEqual({ host: 'vps1' });
});

test('answers the preflight of that page only', async () => {
  expect((await ask('/decode?preserveStorageRefs=true', { origin: uiOrigin }, 'OPTIONS')).status).toBe(204);
  expect(await ask('/decode', { origin: 'http://evil.example' }, 'OPTIONS')).toMatchObject({
    status: 403,
    allowed: undefined,
  });
});

test.each([
  ['another page', { origin: 'http://evil.example' }],
  ['no page', {}],
  ['a sandboxed page', { origin: 'null' }],
  ['a name rebound to loopback', { origin: uiOrigin, host: 'evil.example' }],
])('refuses %s', async (_, headers) => {
  const { status, text } = await ask('/decode', headers);
  expect([status, text]).toEqual([403, '']);
});

test('never encodes, reads nothing else, and refuses what it cannot parse', async () => {
  expect((await ask('/encode')).status).toBe(404);
  expect((await ask('/decode', { origin: uiOrigin }, 'GET')).status).toBe(405);
  expect((await ask('/decode', { origin: uiOrigin }, 'POST', '{')).status).toBe(400);
  expect((await ask('/decode', { origin: uiOrigin }, 'POST', 'x'.repeat(5 * 1024 * 1024))).status).toBe(413);
});
