// CommonJS: the SDK loads this file with require(), in the client, the worker and the workflow bundle.
// Messages and stack traces are encoded too: they may name hosts, paths and what a command said.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
