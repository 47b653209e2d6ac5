import { type Document, type Tags, visit } from 'yaml';
import { expandable } from './variables.js';

const tag = '!var-expand';

/** `!var-expand` may stand before a text, a mapping or a list; the values stay what they are until they are expanded. */
export const varExpandTags: Tags = [
  { tag, resolve: (text: string) => text },
  { tag, collection: 'map' },
  { tag, collection: 'seq' },
];

/** Marks every text under the tag, keys too, with the place that `placeOf` gives for its offset. */
export function markExpandable(doc: Document, placeOf: (offset: number) => string): void {
  visit(doc, {
    Node: (_key, node) => {
      if (!('tag' in node) || node.tag !== tag) return undefined;
      visit(node, {
        Scalar: (_inner, scalar) => {
          // Not the tag's own place: a mapping's texts have lines of their own.
          if (typeof scalar.value === 'string')
            scalar.value = expandable(scalar.value, placeOf(scalar.range?.[0] ?? 0));
        },
      });
      return visit.SKIP;
    },
  });
}
