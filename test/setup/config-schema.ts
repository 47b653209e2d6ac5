import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { z } from 'zod';
import { configSchema } from '../../client/config/schema.js';

/** What editors complete and check config.yml with; `npx tsx test/setup/config-schema.ts` writes it. */
export const schemaFile = fileURLToPath(new URL('../../docs/config.schema.json', import.meta.url));

export function schemaText(): Promise<string> {
  const schema = {
    title: 'Configuration of myc-wf',
    description: 'config.yml: /etc/0km/config.yml, then ~/.config/0km/config.yml, or the file of --config',
    ...z.toJSONSchema(configSchema),
  };
  return format(JSON.stringify(schema), { parser: 'json', printWidth: 110 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(schemaFile, await schemaText());
