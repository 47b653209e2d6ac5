import { parse } from 'yaml';
import { withoutLogins } from '../../workflows/contract/secret-addresses.js';

const telling = /pass|secret|token|credential|private|key$/i;
/** `POSTGRES_PASSWORD_FILE`: where a secret is, which people look for. */
const place = /_file$/i;

/** The texts that are, by the name they stand under, secrets: masked in what a host's programs say of a failure. */
export function secretsIn(value: unknown, under = ''): string[] {
  if (typeof value === 'string') {
    const named = telling.test(under) && !place.test(under) && value.length > 3 ? [value] : [];
    return [...named, ...passwordsOf(value)];
  }
  // `environment` may be a list of NAME=value.
  if (Array.isArray(value))
    return value.flatMap((item: unknown) => {
      const [, name, text] = typeof item === 'string' ? (/^(\w+)=(.*)$/s.exec(item) ?? []) : [];
      return name === undefined ? secretsIn(item, under) : secretsIn(text, name);
    });
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, key));
}

/**
 * What stands before the @ of an address: `postgres://shop:PASSWORD@db/shop`, `https://TOKEN@host`.
 */
function passwordsOf(text: string): string[] {
  return [...text.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/([^\s/@:]*)(?::([^\s/@]+))?@/gi)].flatMap(
    ([, user = '', password]) =>
      [password ?? (user.length > 15 ? user : '')].filter(({ length }) => length > 3),
  );
}

/** Of a text in YAML or JSON, with tags of any kind; none of what cannot be read. */
export function secretsInText(text: string): string[] {
  try {
    // Silent: a warning would show a part of the text, past the mask.
    return secretsIn(parse(text, { maxAliasCount: 20, logLevel: 'silent' }));
  } catch {
    return [];
  }
}

/** The longest first, so that a secret inside another leaves no rest of it; a secret of several lines, line by line. */
export function masked(text: string, secrets: readonly string[] = []): string {
  const parts = secrets.flatMap((secret) => [
    secret,
    ...secret.split('\n').filter(({ length }) => length > 5),
  ]);
  const longestFirst = parts.filter(Boolean).sort((a, b) => b.length - a.length);
  // The login of an address is nobody's to read, also one that no file of the host's told.
  return withoutLogins(longestFirst.reduce((done, secret) => done.replaceAll(secret, '***'), text));
}

/** Every text of a structure under the mask: written as YAML afterwards, it is still YAML. */
export function maskedIn(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return masked(value, secrets);
  if (Array.isArray(value)) return value.map((item) => maskedIn(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskedIn(item, secrets)]));
}
