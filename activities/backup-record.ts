import { z } from 'zod';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseHostName, parseIdent, parsePort } from '../workflows/contract/names.js';
import type { Remote } from './adapters/remote/remote.js';
import { lookAt } from './look-at.js';

export const keyFolder = '/etc/myc-wf/backup';
export const recordFile = '/etc/myc-wf/backup.json';
/** The account the target makes for an ident. */
export const accountName = z.string().regex(/^m[0-9a-f]{15}$/);

/** What a host remembers of where it is backed up to. */
const record = z.object({
  target: z.string(),
  address: z.string().transform(parseHostName),
  port: z.number().transform(parsePort),
  ident: z.string().transform(parseIdent),
  user: accountName,
});
export type BackupRecord = z.output<typeof record>;

export const writeRecord = (value: BackupRecord): string => `${JSON.stringify(value, null, 2)}\n`;

/** What backup-look.sh tells, contents decoded. */
export interface BackupLook {
  record: BackupRecord | undefined;
  publicKey: string | undefined;
  /** /etc/mirror-dir/config.yml */
  mirrorConfig: string | undefined;
  /** What its containers run, as far as a registry has it. */
  images: string[];
  containers: { id: string; state: string; service: string; label: string }[];
}

export async function lookAtBackup(remote: Remote, host: string, signal: AbortSignal): Promise<BackupLook> {
  const lines = (await lookAt(remote, 'backup-look', ['myc'], { signal }))
    .split('\n')
    .map((line) => line.split(' '));
  const content = (word: string): string | undefined => {
    const found = lines.find(([first]) => first === word);
    return found && Buffer.from(found[1] ?? '', 'base64').toString('utf8');
  };
  const text = content('record');
  return {
    record: text === undefined ? undefined : readRecord(text, host),
    publicKey: content('key')?.trim().split(' ').slice(0, 2).join(' '),
    mirrorConfig: content('mirror'),
    images: lines
      .filter(([first]) => first === 'image')
      .map(([, image = '']) => Buffer.from(image, 'base64').toString('utf8')),
    containers: lines
      .filter(([first]) => first === 'container')
      .map(([, id = '', state = '', service = '', label = '']) => ({
        ...{ id, state, service },
        label: Buffer.from(label, 'base64').toString('utf8'),
      })),
  };
}

function readRecord(text: string, host: string): BackupRecord {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    throw new BadInput(
      `${recordFile} on ${host} cannot be understood`,
      `remove it and run myc-wf start backup-install ADMIN@TARGET ${host}`,
    );
  }
}

export function recordOf({ record }: BackupLook, host: string): BackupRecord {
  if (record !== undefined) return record;
  throw new BadInput(
    `${host} has no backup target yet`,
    `run myc-wf start backup-install ADMIN@TARGET ${host} first`,
  );
}
