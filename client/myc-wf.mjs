#!/usr/bin/env node
// In the repository from the start: npx remembers a command that was not there when it first looked.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/client/cli.js', import.meta.url);
if (existsSync(cli)) await import(cli.href);
else {
  process.stderr.write('error: myc-wf is not built yet\n  npm run build does that\n');
  process.exitCode = 2;
}
