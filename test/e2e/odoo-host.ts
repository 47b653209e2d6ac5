import { type ExtraImage } from '../lab/stand-ins.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

/** Odoo takes 4 minutes to be made once, and 1.3 GB: who cannot have that says so, and is told what is not tested then. */
export const withoutOdoo = process.env.MYC_WF_WITHOUT_ODOO === '1';
if (withoutOdoo) process.stderr.write('\nMYC_WF_WITHOUT_ODOO=1: THE TESTS OF ODOO ARE LEFT OUT\n\n');

export interface OdooHost {
  lab: Lab;
  host: LabHost;
  operator: Operator;
  up: RunningUp;
  shell(command: string, input?: string): Promise<string>;
  compose(text: string): Promise<string>;
  close(): Promise<void>;
}

/** A deployed lab host, whose mirror has Odoo. */
export async function odooHost(name: string, images: readonly ExtraImage[] = ['odoo:14']): Promise<OdooHost> {
  const lab = await openLab({ hosts: 1, images });
  const host = await lab.fresh(name);
  const operator = await openOperator(lab);
  const up = await operator.up();
  await operator.done('start', 'deploy', name);
  return {
    ...{ lab, host, operator, up },
    shell: (command, input) => host.exec(['bash', '-c', command], input === undefined ? {} : { input }),
    compose: (text) => host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: text }),
    close: async () => {
      await operator.close();
      await lab.destroy(name);
    },
  };
}
