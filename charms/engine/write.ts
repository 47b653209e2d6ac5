import { stringify } from 'yaml';

/**
 * docker-compose.yml as text, byte-identical for equal input. Written as YAML 1.1, so that a text such as "yes" is quoted
 * and means the same to every reader. `$` is left as it is: authors write `$$` where compose must not expand.
 */
export function writeDockerCompose(dockerCompose: unknown): string {
  return stringify(dockerCompose, { version: '1.1', aliasDuplicateObjects: false, lineWidth: 0 });
}
