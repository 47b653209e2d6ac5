import { fileURLToPath } from 'node:url';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

/** As Rocket.Chat, which no test can have: makes its indexes when it starts, and ends when there is one under another name. */
export const application = `
const { MongoClient } = require('/usr/local/lib/mongosh/node_modules/mongodb');
MongoClient.connect(process.env.MONGO_URL)
  .then((client) => client.db().collection('users').createIndex({ username: 1 }, { unique: true }))
  .then(() => setInterval(() => {}, 1000))
  .catch((error) => { console.error(error.codeName); process.exit(1); });
`;

export interface MongoHost {
  lab: Lab;
  host: LabHost;
  operator: Operator;
  start: (...args: string[]) => ReturnType<Operator['myc']>;
  shell(command: string): Promise<string>;
  /** In the container of a service; the address may name what the relation told it. */
  mongosh(service: string, address: string, script: string): Promise<string>;
  /** How its container is, and what its health check says. */
  stateOf(service: string): Promise<string>;
}

/** A deployed lab host, whose mirror has mongo:7, with the charm `notes`, whose service has a database. */
export async function mongoHost(name: string): Promise<MongoHost> {
  const lab = await openLab({ hosts: 1, images: ['mongo:7'] });
  const host = await lab.fresh(name);
  const charms = fileURLToPath(new URL('mongo-charms', import.meta.url));
  const operator = await openOperator(lab, {
    configure: (config) => ({ ...config, 'charm-repositories': [{ name: 'house', path: charms }] }),
  });
  await operator.up();
  await operator.done('start', 'deploy', name);
  const shell = (command: string) => host.exec(['bash', '-c', command]);
  const state = '{{.State.Status}} {{with .State.Health}}{{.Status}}{{end}}';
  return {
    ...{ lab, host, operator, shell },
    start: (...args) => operator.myc(['start', ...args]),
    mongosh: (service, address, script) => {
      const command = ['sh', '-c', `mongosh --quiet "${address}" --eval "$1"`, 'sh', script];
      return host.exec(['docker', 'exec', `myc-${service}-1`, ...command]);
    },
    stateOf: (service) => shell(`docker inspect --format '${state}' myc-${service}-1`),
  };
}
