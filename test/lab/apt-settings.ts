import { run } from './run.js';

/** How this machine reaches Debian's packages; found when the lab is made, so that no machine's proxy is ever committed. */
export interface AptSettings {
  mirror: string;
  /** An apt.conf of what a host needs to reach the mirror as this machine does. */
  conf: string;
}

const passedOn = /^Acquire::(https?::.*proxy\S*|Check-Valid-Until|Check-Date|Retries) "(.*)";$/i;

/** `apt-config dump` is every setting of the machine: only those about reaching a mirror are passed on. */
export function aptConf(dump: string): string {
  const lines = dump.split('\n').filter((line) => {
    const value = passedOn.exec(line.trim())?.[2];
    return value !== undefined && value !== '';
  });
  return lines.map((line) => `${line.trim()}\n`).join('');
}

/** The name of the archive when a cache can stand before it: plain HTTP, on its usual port. */
export function cachedArchive({ mirror }: AptSettings): string | undefined {
  const { protocol, port, hostname } = new URL(mirror);
  return protocol === 'http:' && port === '' && /[a-z]/i.test(hostname) && hostname !== 'localhost'
    ? hostname
    : undefined;
}

export function withoutProxies(conf: string): string {
  return conf.replace(/^Acquire::https?::.*proxy.*\n/gim, '');
}

/** The first Debian archive among the machine's own apt sources. */
export function debianMirror(indexTargets: string): string {
  const uris = indexTargets.split('\n').map((line) => line.trim().replace(/\/$/, ''));
  return uris.find((uri) => /^https?:\/\/.*\/debian$/.test(uri)) ?? 'http://deb.debian.org/debian';
}

let settings: Promise<AptSettings> | undefined;
/** Asked once by each process: apt takes a second to tell. */
export function readAptSettings(): Promise<AptSettings> {
  return (settings ??= askApt());
}

async function askApt(): Promise<AptSettings> {
  const ask = async (...argv: [string, ...string[]]) => {
    try {
      return (await run(argv, { allowFailure: true })).stdout;
    } catch {
      return ''; // no apt on this machine
    }
  };
  return {
    mirror: debianMirror(await ask('apt-get', 'indextargets', '--format', '$(REPO_URI)')),
    conf: aptConf(await ask('apt-config', 'dump')),
  };
}
