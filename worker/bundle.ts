import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { failureConverterPath, workflowInterceptorModules } from './codec/data-converter.js';

/** What Worker.create takes: source it bundles itself (3 s), or a bundle made at build time (0.4 s). */
export type WorkflowSource = { workflowsPath: string } | { workflowBundle: { codePath: string } };

const here = path.dirname(fileURLToPath(import.meta.url));
const bundleFile = path.join(here, 'workflow-bundle.js');
/** index.ts under tsx, index.js in dist. */
const workflowsPath = path.join(
  here,
  '..',
  'workflows',
  `index${path.extname(fileURLToPath(import.meta.url))}`,
);

/** The bundle beside this file when the build made one, else the workflows' source. */
export const findWorkflows = (): WorkflowSource =>
  existsSync(bundleFile) ? { workflowBundle: { codePath: bundleFile } } : { workflowsPath };

/** Bundles workflows into one file, by rename: a worker that starts meanwhile reads the old one or the new one. */
export async function writeBundle(source: string = workflowsPath, file: string = bundleFile): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: source,
    workflowInterceptorModules,
    failureConverterPath,
  });
  await writeFile(`${file}.new`, code);
  await rename(`${file}.new`, file);
}

// `node dist/worker/bundle.js`: a step of the build.
if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBundle();
