export { deploy } from './deploy.js';
export { fleet } from './fleet.js';
export { vpsSetup } from './vps-setup.js';
export { waiter } from './waiter.js';
