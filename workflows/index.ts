export { backup } from './backup.js';
export { backupInstall } from './backup-install.js';
export { deploy } from './deploy.js';
export { fleet } from './fleet.js';
export { scheduledBackup } from './scheduled-backup.js';
export { up } from './up.js';
export { vpsSetup } from './vps-setup.js';
export { waiter } from './waiter.js';
