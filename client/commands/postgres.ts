import { z } from 'zod';
import { postgresLibrary } from '../../activities/job.js';
import { bytesText } from '../../workflows/contract/amounts.js';
import { parseDatabaseName, parseHostName, parseServiceName } from '../../workflows/contract/names.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { linesOf } from '../host-scripts.js';
import { table } from '../output.js';
import { parsedJson, sayLeftOut } from '../view/outside.js';

const name = z.string().transform((said) => outsideName(said, parseDatabaseName));
const databases = z.array(z.object({ name, owner: name, bytes: z.number(), encoding: z.string() }));

/** `postgres ls HOST`: the databases of each service of the charm postgres. */
export async function postgresLs(context: Context, word: string): Promise<ExitCode> {
  const host = parseHostName(word);
  const remote = await (await context.hosts()).host(host);
  const answers = await linesOf(remote, 'postgres-ls', context.signal, [postgresLibrary]);
  const said = answers.flatMap((line) => {
    const [, called = '', answer = ''] = /^(\S+) (.*)$/s.exec(line) ?? [];
    const service = outsideName(called, parseServiceName);
    return parsedJson(databases, answer, `postgres on ${host}`).map((one) => ({ ...one, service }));
  });
  const found = said.flatMap(({ service, name, owner, ...rest }) =>
    service === undefined || name === undefined || owner === undefined
      ? []
      : [{ service, name, owner, ...rest }],
  );
  sayLeftOut(context.output, said.length - found.length, host);
  const lines = found.map(({ service, name, owner, bytes }) => [service, name, owner, bytesText(bytes)]);
  context.output.result(found, found.length === 0 ? `no postgres runs on ${host}` : table(lines));
  return exitCodes.done;
}
