import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { makeMarkingCodec } from './marking-codec.js';

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Given to bundleWorkflowCode and to a Worker alike: the two have to agree. */
export const failureConverterPath = beside('./failure-converter.cjs');

/** .ts under tsx and vitest, .js in dist. */
export const workflowInterceptorModules = [
  beside(`./workflow-interceptors${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`),
];

/** A client's: payloads, failures, memos and summaries go under the key. */
export const makeDataConverter = (key: Buffer): DataConverter => ({
  payloadCodecs: [makeMarkingCodec(key)],
  failureConverterPath,
});

/** A worker's, whose interceptors know what is replayed. */
export const makeWorkerDataConverter = (key: Buffer): DataConverter => ({
  payloadCodecs: [makeMarkingCodec(key, { markOldForm: true })],
  failureConverterPath,
});
