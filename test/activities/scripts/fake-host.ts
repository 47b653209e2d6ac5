import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Remote } from '../../../activities/adapters/remote/remote.js';
import type { JobRequest, JobResult } from '../../../activities/job.js';
import { runJobFrom } from '../../../activities/run-job.js';
import type { HeartbeatDetail } from '../../../workflows/contract/progress.js';

/** What systemd does of a job, without systemd: a unit is a process group, whose leader's id is in units/NAME. */
const systemdRun = `#!/bin/bash
for word; do case $word in --unit=*) unit=\${word#--unit=} ;; ExecStopPost=*) after=\${word#ExecStopPost=} ;; esac; done
while [ "$1" != /bin/bash ]; do shift; done
if [ -e "$FAKE/before-start" ]; then bash "$FAKE/before-start"; fi
setsid bash -c 'unit=$1 after=$2; shift 2; "$@"; code=$?; EXIT_STATUS=$code $after; rm -f "$FAKE/units/$unit"' \\
  - "$unit" "$after" "$@" </dev/null >/dev/null 2>&1 5>&- 8>&- 9>&- &
echo $! >"$FAKE/units/$unit"
if [ -e "$FAKE/after-start" ]; then bash "$FAKE/after-start"; fi
`;
const systemctl = `#!/bin/bash
unit=\${!#}
alive() { [ -s "$FAKE/units/$unit" ] && kill -0 "$(cat "$FAKE/units/$unit")" 2>/dev/null; }
case $1 in
  show) if alive; then printf 'LoadState=loaded\\nActiveState=active\\n'; else printf 'LoadState=not-found\\nActiveState=inactive\\n'; fi ;;
  is-active | --quiet) alive ;;
  is-system-running) echo running ;;
  stop) if alive; then kill -TERM -- "-$(cat "$FAKE/units/$unit")"; while alive; do sleep 0.02; done; rm -f "$FAKE/units/$unit"; fi ;;
esac
`;

/** A folder in the place of the host's /var/lib/myc-wf, and programs of a host that tests may replace. */
export class FakeHost {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'myc-fake-host-'));
  readonly root = path.join(this.folder, 'myc-wf');

  constructor() {
    mkdirSync(path.join(this.folder, 'units'));
    mkdirSync(path.join(this.folder, 'bin'));
    this.program('systemd-run', systemdRun);
    this.program('systemctl', systemctl);
  }

  program(name: string, text: string): void {
    const file = path.join(this.folder, 'bin', name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  get env(): NodeJS.ProcessEnv {
    const there = path.join(this.folder, 'bin');
    return { ...process.env, PATH: `${there}:${process.env['PATH'] ?? ''}`, FAKE: this.folder };
  }

  /** Scripts of activities/scripts/, one after the other as they are sent, for this host. */
  text(...names: string[]): string {
    const texts = names.map((name) =>
      readFileSync(new URL(`../../../activities/scripts/${name}.sh`, import.meta.url), 'utf8'),
    );
    return this.here(texts.join(''));
  }

  here(text: string): string {
    return text.replaceAll('/var/lib/myc-wf', this.root);
  }

  run(names: string[], words: string[], input = '', before = ''): SpawnSyncReturns<string> {
    return this.runText(`${before}${this.text(...names)}`, words, input);
  }

  runText(text: string, words: string[], input = ''): SpawnSyncReturns<string> {
    return spawnSync('bash', ['-c', text, 'script', ...words], { input, encoding: 'utf8', env: this.env });
  }

  /** Reaches this host as a worker does. */
  remote(controlPlane?: string): Remote {
    return {
      name: 'vps1',
      ...(controlPlane === undefined ? {} : { controlPlane }),
      exec: ([program = '', ...words], { stdin = '', onLine } = {}) =>
        new Promise((resolve, reject) => {
          const child = spawn(
            program,
            words.map((word) => this.here(word)),
            { env: this.env },
          );
          let [stdout, stderr, rest] = ['', '', ''];
          child.stdout.setEncoding('utf8').on('data', (text: string) => {
            stdout += text;
            const lines = (rest + text).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) onLine?.(line);
          });
          child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
          child.on('error', reject).on('close', (exit) => resolve({ exit: exit ?? 255, stdout, stderr }));
          child.stdin.on('error', () => undefined).end(stdin);
        }),
      openUnixSocket: () => Promise.reject(new Error('not asked for')),
    };
  }

  /** A job whose script is `text`, and what it says of its progress. */
  job(
    request: Omit<JobRequest, 'script'>,
    text: string,
    controlPlane?: string,
    signal = new AbortController().signal,
  ): { ended: Promise<JobResult>; seen: HeartbeatDetail[] } {
    const scripts = mkdtempSync(path.join(this.folder, 'scripts-'));
    writeFileSync(path.join(scripts, 'job.sh'), `${this.here(text)}\n`);
    const seen: HeartbeatDetail[] = [];
    const ended = runJobFrom(
      pathToFileURL(`${scripts}/`),
      this.remote(controlPlane),
      { ...request, script: 'job' },
      (detail) => seen.push(detail),
      signal,
    );
    return { ended, seen };
  }

  /** Its units have ended, too: a job is told as ended a moment before. */
  async idle(): Promise<void> {
    for (let tries = 500; tries > 0 && this.units().length > 0; tries -= 1) await sleep(20);
    if (this.units().length > 0) throw new Error(`still runs: ${this.units().join(' ')}`);
  }

  units(): string[] {
    return readdirSync(path.join(this.folder, 'units'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
