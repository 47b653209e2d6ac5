import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';
import { Writable } from 'node:stream';

/** A log that never takes more than twice `maxBytes`: what is over goes to `<file>.1`, in place of what was there. */
export function rotatingFile(file: string, maxBytes = 4 * 1024 * 1024): Writable {
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const write = (chunk: Buffer): void => {
    if (size > 0 && size + chunk.length > maxBytes) {
      renameSync(file, `${file}.1`);
      size = 0;
    }
    // At once: the last words before a crash are the ones that count.
    appendFileSync(file, chunk, { mode: 0o600 });
    size += chunk.length;
  };
  if (size > 0) chmodSync(file, 0o600);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        // One entry that is larger than the whole log is cut.
        write(chunk.subarray(0, maxBytes));
      } catch {
        // A full disk stops no operation.
      }
      done();
    },
  });
}
