const offset = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * 16 hexadecimal digits (FNV-1a, 64 bits) that tell one question from another. Workflow code has no
 * SHA-256, and nobody gains by two questions of one digest: answers are under the codec's key.
 */
export function questionDigest(...parts: readonly (string | number)[]): string {
  let hash = offset;
  for (const letter of JSON.stringify(parts))
    hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0)!)) * prime);
  return hash.toString(16).padStart(16, '0');
}
