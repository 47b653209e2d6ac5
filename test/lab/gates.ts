import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabHost } from './lab.js';

/** Programs of a host that can be held in the middle of a job, at the very call that a test names. */
export interface Gates {
  /** Stands before these programs too. Before their packages are there, a look for one of them would find the gate. */
  before(...programs: string[]): Promise<void>;
  /** Runs `act` while the next call that matches waits, then lets it go on. The pattern is one of bash, over `program arguments`. */
  holding(pattern: string, act: () => Promise<void>): Promise<void>;
  /** Transfers are as slow as that, in KiB a second; undefined: as fast as they can. */
  slow(rate: number | undefined): Promise<void>;
  /** How many calls matched since the last `forget`. */
  calls(pattern: RegExp): Promise<number>;
  forget(): Promise<void>;
}

const script = new URL('gates/gate.sh', import.meta.url);
const folder = '/root/gates';
/** Where Docker, and who calls its plugins without it, look before they come to those of packages. */
const plugins = '/usr/local/lib/docker/cli-plugins';

export async function gatesOf(host: LabHost): Promise<Gates> {
  const shell = (command: string, input?: string) =>
    host.exec(['bash', '-c', command], input === undefined ? {} : { input });
  await shell(`mkdir -p ${folder}; : >${folder}/calls`);
  const text = await readFile(script, 'utf8');
  return {
    before: async (...programs) => {
      for (const program of programs) {
        const place = program === 'docker-compose' ? plugins : '/usr/local/bin';
        const file = `${place}/${program}`;
        await shell(`mkdir -p ${place}; cat >${file}; chmod +x ${file}`, text);
      }
    },
    holding: async (pattern, act) => {
      await shell(`rm -f ${folder}/held; cat >${folder}/hold`, pattern);
      try {
        const held = async () => (await shell(`ls ${folder}`)).split('\n').includes('held');
        for (const deadline = Date.now() + 90_000; !(await held()); await sleep(100))
          if (Date.now() > deadline)
            throw new Error(`no call matched ${pattern}:\n${await shell(`tail -n 20 ${folder}/calls`)}`);
        await act();
      } finally {
        await shell(`rm -f ${folder}/hold`);
      }
    },
    slow: async (rate) =>
      void (await shell(rate === undefined ? `rm -f ${folder}/bwlimit` : `echo ${rate} >${folder}/bwlimit`)),
    calls: async (pattern) =>
      (await shell(`cat ${folder}/calls`)).split('\n').filter((call) => pattern.test(call)).length,
    forget: async () => void (await shell(`: >${folder}/calls`)),
  };
}
