import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Payload, type SerializationContext, defaultPayloadConverter } from '@temporalio/common';
import { transformSync } from 'esbuild';
import { expect, test } from 'vitest';
import { makePayloadCodec } from '../../../worker/codec/payload-codec.js';
import { encodeOldForm } from './old-form.js';

const key = randomBytes(32);
const codec = makePayloadCodec(key);
const plain: Payload = defaultPayloadConverter.toPayload({ host: 'canary.example.org' });

async function encoded(): Promise<Payload & { data: Uint8Array }> {
  const [payload] = await codec.encode([plain]);
  return { ...payload, data: payload!.data! };
}

test('gives back what it encrypted, and shows nothing of it', async () => {
  const secret = await encoded();
  expect(Buffer.from(secret.data).includes('canary')).toBe(false);
  const [back] = await codec.decode([secret]);
  expect(defaultPayloadConverter.fromPayload(back!)).toEqual({ host: 'canary.example.org' });
});

test('never encrypts the same payload twice alike', async () => {
  expect(Buffer.from((await encoded()).data)).not.toEqual(Buffer.from((await encoded()).data));
});

test('refuses a payload that is not encrypted', async () => {
  await expect(codec.decode([plain])).rejects.toThrow('a payload is not encrypted');
});

test('refuses a payload under another key, naming both', async () => {
  const [other] = await makePayloadCodec(randomBytes(32)).encode([plain]);
  await expect(codec.decode([other!])).rejects.toThrow(
    /under the codec key [0-9a-f]{12}, not [0-9a-f]{12}; give the client and the worker the same/,
  );
});

test('refuses every changed byte, and a cut payload', async () => {
  const secret = await encoded();
  for (let at = 0; at < secret.data.length; at += 1) {
    const data = Buffer.from(secret.data);
    data[at]! ^= 1;
    await expect(codec.decode([{ ...secret, data }])).rejects.toThrow('was changed after it was encrypted');
  }
  for (const length of [0, 5, 27]) {
    const data = secret.data.subarray(0, length);
    await expect(codec.decode([{ ...secret, data }])).rejects.toThrow('was changed after it was encrypted');
  }
});

test("refuses another key's payload that claims this key", async () => {
  const [other] = await makePayloadCodec(randomBytes(32)).encode([plain]);
  const forged = { metadata: (await encoded()).metadata!, data: other!.data! };
  await expect(codec.decode([forged])).rejects.toThrow('was changed after it was encrypted');
});

const of = (workflowId: string): SerializationContext => ({
  type: 'workflow',
  namespace: 'default',
  workflowId,
});
const schedule = 'schedule/backup/vps1.lab';

test.each([
  ['the same workflow', 'host/vps1.lab', of('host/vps1.lab')],
  [
    'an activity of it',
    'host/vps1.lab',
    { ...of('host/vps1.lab'), type: 'activity', isLocal: false } as const,
  ],
  ['the UI, which is not told where it reads', 'host/vps1.lab', undefined],
  ['a night of its schedule', schedule, of(`${schedule}-2026-11-23T02:20:00Z`)],
])('a payload is read by %s', async (_, written, read) => {
  const [back] = await codec.decode(await codec.encode([plain], of(written)), read);
  expect(defaultPayloadConverter.fromPayload(back!)).toEqual({ host: 'canary.example.org' });
});

test.each([
  ['another workflow', 'host/vps1.lab', 'host/vps2.lab'],
  ['one that only begins alike', 'host/vps1.lab', 'host/vps1.lab-2026-11-23T02:20:00Z'],
  ['another schedule that begins alike', schedule, `${schedule}.example-2026-11-23T02:20:00Z`],
  ['a workflow when it belongs to none', '', 'host/vps1.lab'],
])('a payload is refused by %s', async (_, written, read) => {
  const secret = await codec.encode([plain], written === '' ? undefined : of(written));
  await expect(codec.decode(secret, of(read))).rejects.toThrow(
    `a payload belongs to the workflow ${JSON.stringify(written)}; start the operation again`,
  );
});

test('what a payload says of its workflow cannot be changed, taken away or added', async () => {
  const [secret] = await codec.encode([plain], of('host/vps1.lab'));
  const without = { ...secret!.metadata! };
  delete without['workflow-id'];
  const old = encodeOldForm(key, plain);
  const here = { 'workflow-id': Buffer.from('host/vps2.lab') };
  for (const forged of [
    { ...secret!, metadata: { ...secret!.metadata, ...here } },
    { ...secret!, metadata: without },
    { ...old, metadata: { ...old.metadata, ...here } },
  ])
    await expect(codec.decode([forged], of('host/vps2.lab'))).rejects.toThrow('was changed after');
});

test('loads under plain Node, which takes no named exports of @temporalio/proto', () => {
  // vitest would: only the compiler's output, run by node, shows what the built command does.
  const source = readFileSync(new URL('../../../worker/codec/payload-codec.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', format: 'esm' });
  const check = `${code}\nconst [p] = await makePayloadCodec(Buffer.alloc(32)).encode([{}]); console.log(p.data.length === 28)`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-'], {
    input: check,
    encoding: 'utf8',
  });
  expect(printed).toBe('true\n');
});
