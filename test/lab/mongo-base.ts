import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { ensureBaseImage, release } from './base-image.js';
import type { Base } from './image.js';
import { run } from './run.js';

/** How this machine reaches Go's modules; the values go into the build's environment alone. */
const goSettings = ['GOPROXY', 'GONOPROXY', 'GOSUMDB', 'GONOSUMDB', 'GOPRIVATE', 'GOINSECURE'];
const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** The bare Debian, with MongoDB's shell of the npm registry that this machine uses, and what Go needs to fetch modules as it does. */
export const mongoBase: Base = {
  name: release,
  ensure: ensureBaseImage,
  bring: async (context, say) => {
    say('fetching mongosh (npm ci); then FerretDB is built of its Go module, which takes 3 minutes once');
    const quiet = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    await run(['npm', 'ci', '--prefix', context, ...quiet]);
    const bundle = process.env.SSL_CERT_FILE || '/etc/ssl/certs/ca-certificates.crt';
    const trusted = await readFile(bundle, 'utf8').catch(() => rootCertificates.join('\n'));
    await writeFile(path.join(context, 'ca-certificates.crt'), trusted);
    const told = Object.entries({ ...process.env, ...(await goEnvironment()) });
    return Object.fromEntries(
      told.filter(
        (entry): entry is [string, string] => [...goSettings, ...proxies].includes(entry[0]) && !!entry[1],
      ),
    );
  },
};

/** What `go env -w` keeps too, where this machine has a Go. */
async function goEnvironment(): Promise<Record<string, string>> {
  try {
    return JSON.parse((await run(['go', 'env', '-json', ...goSettings])).stdout) as Record<string, string>;
  } catch {
    return {};
  }
}
