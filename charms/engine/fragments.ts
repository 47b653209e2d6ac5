import { type Mapping, isMapping, mergeMappings } from './merge.js';

/** What config-add of a hook left, as parsed YAML or JSON, and who left it. */
export interface Fragment {
  service: string;
  hook: string;
  content: unknown;
}

/** docker-compose.yml with the hooks' fragments merged in, in the order the hooks ran; returns what is wrong as messages. */
export function addFragments(
  dockerCompose: Mapping,
  fragments: readonly Fragment[],
): { dockerCompose: Mapping; problems: string[] } {
  const problems: string[] = [];
  const result = fragments.reduce<Mapping>((into, { service, hook, content }) => {
    if (isMapping(content) && (content.services === undefined || isMapping(content.services)))
      return mergeMappings(into, content);
    problems.push(`hook ${hook} of service ${service}: config-add got no mapping of services`);
    return into;
  }, dockerCompose);
  return { dockerCompose: result, problems };
}
