import { z } from 'zod';
import { postgresLibrary } from '../../activities/job.js';
import { bytesText } from '../../workflows/contract/amounts.js';
import { parseHostName } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { linesOf } from '../host-scripts.js';
import { table } from '../output.js';

const databases = z.array(
  z.object({ name: z.string(), owner: z.string(), bytes: z.number(), encoding: z.string() }),
);

/** `postgres ls HOST`: the databases of each service of the charm postgres. */
export async function postgresLs(context: Context, word: string): Promise<ExitCode> {
  const host = parseHostName(word);
  const remote = await (await context.hosts()).host(host);
  const answers = await linesOf(remote, 'postgres-ls', context.signal, [postgresLibrary]);
  const found = answers.flatMap((line) => {
    const [, service = '', answer = ''] = /^(\S+) (.*)$/s.exec(line) ?? [];
    return databases.parse(JSON.parse(answer)).map((database) => ({ service, ...database }));
  });
  const lines = found.map(({ service, name, owner, bytes }) => [service, name, owner, bytesText(bytes)]);
  context.output.result(found, found.length === 0 ? `no postgres runs on ${host}` : table(lines));
  return exitCodes.done;
}
