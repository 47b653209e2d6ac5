import { printableText } from '../../workflows/contract/printable.js';

/**
 * A structure whose every text is printable: for views that are drawn, which add colours of their
 * own.
 */
export function printableIn<T>(value: T): T;
export function printableIn(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => printableIn(item));
  if (value instanceof Map || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, printableIn(item)]));
}
