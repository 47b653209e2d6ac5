import { createHash } from 'node:crypto';

/** What ssh2 calls the signatures a host may make with a pinned key of that type; SHA-1 is not among them. */
const algorithms = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

export type HostKeyAlgorithm = (typeof algorithms)[keyof typeof algorithms][number];

export interface PinnedKeys {
  /** Empty when no line can be used. */
  algorithms: HostKeyAlgorithm[];
  accepts(presented: Buffer): boolean;
}

/** From lines `type base64 [comment]`; a line of another form or type pins nothing. */
export function pinnedKeys(lines: readonly string[]): PinnedKeys {
  const pinned = lines.flatMap((line) => {
    const [type = '', base64 = ''] = line.trim().split(/\s+/);
    const blob = Buffer.from(base64, 'base64');
    return Object.hasOwn(algorithms, type) && typeOf(blob) === type
      ? [{ type: type as keyof typeof algorithms, blob }]
      : [];
  });
  return {
    algorithms: [...new Set(pinned.flatMap(({ type }) => algorithms[type]))],
    accepts: (presented) => pinned.some(({ blob }) => blob.equals(presented)),
  };
}

/** `ssh-ed25519 SHA256:…`, as ssh-keygen -l shows it. */
export function fingerprint(blob: Buffer): string {
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return `${typeOf(blob)} SHA256:${digest}`;
}

/** A key blob begins with its type, after the type's length. */
function typeOf(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
}
