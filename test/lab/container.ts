import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { docker } from './run.js';

export interface ContainerPlan {
  name: string;
  image: string;
  /** Of `docker create`. */
  options: string[];
  command: string[];
  /** Files of /etc/lab/secrets, which are in no image and on no command line. */
  secrets?: Record<string, string>;
}

const madeOf = 'myc-wf.lab.made-of';

/** Running, and made of this plan: what was made of another is made anew, so nothing may be kept outside a volume. True when it was made. */
export async function ensureContainer(plan: ContainerPlan): Promise<boolean> {
  const digest = createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);
  const format = `{{.State.Status}} {{index .Config.Labels "${madeOf}"}}`;
  const found = await docker(['inspect', '--format', format, plan.name], { allowFailure: true });
  const [state = '', was = ''] = found.split(' ');
  // What was never started may lack its secrets: it was made half-way.
  const isWhole = was === digest && state !== 'created';
  if (!isWhole) {
    if (state) await docker(['rm', '--force', plan.name]);
    const label = ['--label', `${madeOf}=${digest}`];
    await docker(['create', '--name', plan.name, ...label, ...plan.options, plan.image, ...plan.command]);
    if (plan.secrets) await give(plan.name, plan.secrets);
  }
  if (!isWhole || state !== 'running') await docker(['start', plan.name]);
  return !isWhole;
}

async function give(container: string, secrets: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    for (const [name, text] of Object.entries(secrets))
      await writeFile(path.join(folder, name), text, { mode: 0o600 });
    await chmod(folder, 0o755);
    await docker(['cp', folder, `${container}:/etc/lab/secrets`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
