import { z } from 'zod';

/**
 * The configuration, as written in YAML (kebab-case keys). The seed's `ssh-access: public-keys:` is kept as it is.
 * Relative paths are relative to the file they stand in. This schema validates, documents and makes the JSON Schema.
 */
const port = z.number().int().min(1).max(65535);
const hostKeys = z
  .array(z.string())
  .describe('Pinned host keys, one "ssh-ed25519 AAAA…" each; a host that shows another is refused');
const identityFile = z
  .string()
  .describe('Private key file of the operator; the SSH agent is asked when left out');

export const hostSchema = z.strictObject({
  address: z.string().optional().describe('Where the host is reached; its name when left out'),
  port: port.optional().describe('22 when left out'),
  user: z.string().optional().describe('root, or a user with sudo'),
  'identity-file': identityFile.optional(),
  'host-keys': hostKeys.optional(),
});

export const backupTargetSchema = z.strictObject({
  address: z.string().optional().describe('Where the target is reached, by the worker and by the hosts'),
  admin: z.string().optional().describe('Administration account of the rsync-backup-target service'),
  'identity-file': identityFile.optional(),
  'host-keys': hostKeys.optional(),
});

export const configSchema = z.strictObject({
  'ssh-access': z
    .strictObject({ 'public-keys': z.array(z.string()).describe('Keys that vps-setup authorises for root') })
    .optional(),
  hosts: z.record(z.string(), hostSchema).optional().describe('The inventory, by host name'),
  'backup-targets': z.record(z.string(), backupTargetSchema).optional().describe('By host:port'),
  registries: z
    .record(z.string(), z.strictObject({ username: z.string(), 'password-file': z.string() }))
    .optional()
    .describe('Docker registries with a login, by host[:port]'),
  'registry-mirrors': z.array(z.string()).optional().describe("Written to the hosts' daemon.json"),
  'apt-repositories': z
    .record(
      z.string(),
      z.strictObject({
        uris: z.array(z.string()).min(1),
        suites: z.array(z.string()).min(1),
        components: z.array(z.string()).optional(),
        'signed-by-file': z.string().describe('Armoured public key of the repository'),
        packages: z.array(z.string()).optional().describe('Installed by deploy'),
      }),
    )
    .optional(),
  'git-key-file': z.string().optional().describe('Private key the hosts use for git repositories'),
  'charm-repositories': z
    .array(
      z.strictObject({
        name: z.string(),
        path: z.string().optional().describe('A folder of charms, sub-folders too; or git and revision'),
        git: z.string().optional().describe('https:// or ssh:// URL, user@host:path, or an absolute path'),
        revision: z
          .string()
          .optional()
          .describe('A full commit hash; or a tag, which is kept as it was first found'),
        folder: z.string().optional().describe('Where the charms are in it; all of it when left out'),
        'identity-file': identityFile.optional(),
        'host-keys': z.array(z.string()).optional().describe('Of its SSH server; known_hosts when left out'),
      }),
    )
    .optional()
    .describe('Searched in order; the charms that come with myc-wf are last, under the name myc'),
  'recover-destinations': z
    .array(z.string())
    .optional()
    .describe(
      'Folders, with what is below them, to which a path of a backup may be recovered; beside those below /srv, /opt, ' +
        '/home/NAME, /root, /var/www, /var/backups and /mnt/NAME',
    ),
  'base-compose-file': z.string().optional().describe('First compose.yml of a deployed host'),
  'data-directory': z.string().optional().describe('Where the embedded Temporal keeps its database and keys'),
  temporal: z
    .strictObject({
      address: z.string().optional().describe("A team's own Temporal; the embedded one when left out"),
      namespace: z.string().optional(),
      port: port.optional().describe('Of the embedded server'),
      'ui-port': port.optional(),
      'codec-key-file': z.string().optional(),
    })
    .optional(),
  schedules: z
    .strictObject({
      backup: z.string().optional().describe('Cron expression in UTC; "20 2 * * *" when left out'),
    })
    .optional(),
});

/** As parsed; paths made absolute by load.ts. */
export type Config = z.infer<typeof configSchema>;
export type HostConfig = z.infer<typeof hostSchema>;
export type BackupTargetConfig = z.infer<typeof backupTargetSchema>;
