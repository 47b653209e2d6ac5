import { z } from 'zod';
import {
  type CharmName,
  type ServiceName,
  parseCharmName,
  parseServiceName,
} from '../../workflows/contract/names.js';
import { isMapping, mergeMappings } from './merge.js';
import { type YamlProblem, YamlError } from './problem.js';
import { relationOptions } from './relation-options.js';
import { checkSchema, parsedBy } from './schema-check.js';
import { type ParsedYaml, parseYaml } from './yaml.js';
import { ownValue } from '../../workflows/contract/own-value.js';

const mapping = z.record(z.string(), z.unknown());
/** `web-proxy: apache`, a list of services, or a mapping of services to the relation's options; an empty one is none. */
const targets = z.union([z.string(), z.array(z.string()), z.record(z.string(), relationOptions.nullable())], {
  error: 'write a service, a list of services ([] for none), or a mapping of services to options',
});

const keys = {
  charm: z.unknown().transform(parsedBy(parseCharmName)).optional(),
  options: mapping.nullish(),
  relations: z.record(z.string(), targets).nullish(),
  'docker-compose': mapping.nullish(),
};
const service = z
  .strictObject(keys, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `write one of: ${Object.keys(keys).join(', ')}; what docker compose knows goes under docker-compose`
        : undefined,
  })
  .nullable();

const composeFile = z.record(z.string(), service);

export interface Relation {
  name: string;
  target: ServiceName;
  options: Record<string, unknown>;
}

export interface ComposeService {
  name: ServiceName;
  charm: CharmName;
  options: Record<string, unknown>;
  relations: Relation[];
  /** Relations written with no service: they are not paired. */
  unrelated: string[];
  dockerCompose: Record<string, unknown>;
}

export interface ComposeFile {
  /** In the order they are written. */
  services: ComposeService[];
  problem: (...where: Parameters<ParsedYaml['problem']>) => YamlProblem;
}

/** Text of a file, or of what is added to it on the command line. */
export interface ComposeSource {
  text: string;
  file: string;
}

/** Reads compose.yml, with what is added to it merged in; throws YamlError with file, line and column. */
export function parseComposeFile(text: string, file: string, added?: ComposeSource): ComposeFile {
  const base = parseYaml(text, file, { varExpand: true });
  return composeFileOf(
    added === undefined ? base : withAdded(base, parseYaml(added.text, added.file, { varExpand: true })),
  );
}

/** A fault is shown where it stands: in what is added when that has the place, else in the file. */
function withAdded(base: ParsedYaml, added: ParsedYaml): ParsedYaml {
  const [under, over] = [base.value ?? {}, added.value ?? {}];
  if (!isMapping(over)) return added;
  if (!isMapping(under)) return base;
  const whose = (path: readonly (string | number)[]): ParsedYaml =>
    depth(over, path) === path.length || depth(over, path) > depth(under, path) ? added : base;
  return {
    file: base.file,
    value: mergeMappings(under, over),
    locate: (path) => whose(path).locate(path),
    problem: (path, ...what) => whose(path).problem(path, ...what),
  };
}

/** How much of the path is there. */
const depth = (value: unknown, [first, ...rest]: readonly (string | number)[]): number =>
  first !== undefined && isMapping(value) && Object.hasOwn(value, first)
    ? 1 + depth(ownValue(value, String(first)), rest)
    : 0;

/** What was pasted from Docker Compose: its services are one level below. */
function refusePasted(parsed: ParsedYaml): void {
  const under = isMapping(parsed.value) ? parsed.value.services : undefined;
  if (!isMapping(under) || Object.keys(under).some((key) => Object.hasOwn(keys, key))) return;
  if (!Object.values(under).some((one) => isMapping(one) && ('image' in one || 'build' in one))) return;
  const remedy =
    'write its services at the top, with their charms; what docker compose knows of one goes under docker-compose';
  throw new YamlError([parsed.problem(['services'], 'this is a docker-compose.yml', remedy)]);
}

function composeFileOf(parsed: ParsedYaml): ComposeFile {
  refusePasted(parsed);
  const found = Object.entries(checkSchema({ ...parsed, value: parsed.value ?? {} }, composeFile));
  const problems: YamlProblem[] = [];
  const readable = <T>(parse: (value: unknown) => T, value: unknown) =>
    z.unknown().transform(parsedBy(parse)).safeParse(value);
  const named = <T>(path: readonly (string | number)[], parse: (value: unknown) => T, value: unknown): T => {
    const result = readable(parse, value);
    if (result.success) return result.data;
    problems.push(parsed.problem(path, result.error.issues[0]?.message ?? 'not a name', 'rename it'));
    return value as T;
  };
  /** The service's own name is its charm where none is written; a domain has to name one. */
  const charmOf = (name: string): CharmName => {
    const charm = readable(parseCharmName, name);
    if (charm.success) return charm.data;
    // What is no service's name either is told as that.
    if (readable(parseServiceName, name).success)
      problems.push(
        parsed.problem([name], `${name} names no charm`, 'write the one that it is: charm: NAME'),
      );
    return name as CharmName;
  };
  const services = found.map(([name, body]): ComposeService => {
    const relations = Object.entries(body?.relations ?? {}).map(
      ([relation, to]) => [relation, targetsOf(to)] as const,
    );
    return {
      name: named([name], parseServiceName, name),
      charm: body?.charm ?? charmOf(name),
      options: body?.options ?? {},
      relations: relations.flatMap(([relation, to]) =>
        to.map(([target, options]) => ({
          name: relation,
          target: named([name, 'relations', relation], parseServiceName, target),
          options,
        })),
      ),
      unrelated: relations.filter(([, to]) => to.length === 0).map(([relation]) => relation),
      dockerCompose: body?.['docker-compose'] ?? {},
    };
  });
  const [first, ...others] = problems;
  if (first !== undefined) throw new YamlError([first, ...others]);
  return { services, problem: (...where) => parsed.problem(...where) };
}

function targetsOf(to: z.output<typeof targets>): [string, Record<string, unknown>][] {
  if (typeof to === 'string') return [[to, {}]];
  if (Array.isArray(to)) return [...new Set(to)].map((target) => [target, {}]);
  return Object.entries(to).map(([target, options]) => [target, options ?? {}]);
}
