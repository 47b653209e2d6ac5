import { z } from 'zod';

const mapping = z.record(z.string(), z.unknown());

/**
 * What is said with a relation. Charms of the seed's tool also write a text, or a list of them, where that is all there is to say
 * (`schedule-command`): hooks read it as `command`.
 */
export const relationOptions = z.union([
  mapping,
  z.union([z.string(), z.array(z.string())]).transform((command): Record<string, unknown> => ({ command })),
]);
