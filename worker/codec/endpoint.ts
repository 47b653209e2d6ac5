import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { Payload } from '@temporalio/common';
import { makeMarkingCodec } from './marking-codec.js';

export interface CodecEndpointOptions {
  key: Buffer;
  /** 0 takes a free one. */
  port: number;
  /** The only page that may ask: the origin of the Temporal UI, `http://127.0.0.1:8233`. */
  uiOrigin: string;
}

export interface CodecEndpoint {
  url: string;
  close(): Promise<void>;
}

const loopback = '127.0.0.1';
const maxBodyBytes = 4 * 1024 * 1024;

/** Shows the UI what is in a history. It decodes and never encodes: it cannot be used to make an input. */
export async function startCodecEndpoint({
  key,
  port,
  uiOrigin,
}: CodecEndpointOptions): Promise<CodecEndpoint> {
  const codec = makeMarkingCodec(key);
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const bound = server.address();
  const host = `${loopback}:${typeof bound === 'object' && bound !== null ? bound.port : port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, headers } = request;
    // Host: a name that was rebound to loopback is another site. Origin: any other page of the browser.
    if (headers.host !== host || headers.origin !== uiOrigin) return end(response, 403);
    response.setHeader('Access-Control-Allow-Origin', uiOrigin);
    response.setHeader('Vary', 'Origin');
    // The UI adds a query, which a decoder without a store of its own need not read.
    if (url?.split('?', 1)[0] !== '/decode') return end(response, 404);
    if (method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace');
      return end(response, 204);
    }
    if (method !== 'POST') return end(response, 405);
    const body = await read(request);
    if (body === undefined) return end(response, 413);
    const payloads = parse(body);
    if (payloads === undefined) return end(response, 400);
    const decoded = (await codec.decode(payloads)).map(toJson);
    response.setHeader('Content-Type', 'application/json');
    end(response, 200, JSON.stringify({ payloads: decoded }));
  }

  return {
    url: `http://${host}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, resolve);
  });
}

function end(response: ServerResponse, status: number, body?: string): void {
  response.statusCode = status;
  response.end(body);
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Protobuf's JSON: bytes in base64. */
function parse(body: string): Payload[] | undefined {
  try {
    const { payloads } = JSON.parse(body) as {
      payloads: { metadata?: Record<string, string>; data?: string }[];
    };
    return payloads.map(({ metadata = {}, data = '' }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
      ),
      data: Buffer.from(data, 'base64'),
    }));
  } catch {
    return undefined;
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const toJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data ?? new Uint8Array()),
});
