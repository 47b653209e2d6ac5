import { type Mapping, isMapping } from './merge.js';

/** What a service asks for that reaches out of its container; a warning names it, compose.yml may still ask for it. */
export function serviceWarnings(name: string, service: Mapping, datastore: string): string[] {
  const warnings: string[] = [];
  const warn = (what: string): number => warnings.push(`service ${name} ${what}`);
  if (service.privileged === true) warn('is privileged: it can do anything on the host');
  for (const key of ['network_mode', 'pid', 'ipc'])
    if (service[key] === 'host') warn(`uses the host's ${key.replace('_mode', '')} (${key}: host)`);
  if (Array.isArray(service.cap_add) && service.cap_add.length > 0)
    warn(`gets the capabilities ${service.cap_add.map(String).join(', ')}`);
  if (Array.isArray(service.devices) && service.devices.length > 0) warn('gets devices of the host');
  for (const source of mountSources(service.volumes)) {
    if (/(^|\/)docker\.sock$/.test(source)) warn(`mounts ${source}: it can do anything on the host`);
    else if (isOutside(source, datastore))
      warn(`mounts ${source}, which is outside ${datastore}: backups do not hold it`);
  }
  return warnings;
}

function mountSources(volumes: unknown): string[] {
  if (!Array.isArray(volumes)) return [];
  return volumes.flatMap((volume: unknown): string[] => {
    if (typeof volume === 'string') return volume.includes(':') ? [volume.split(':')[0] ?? ''] : [];
    if (isMapping(volume) && volume.type === 'bind' && typeof volume.source === 'string')
      return [volume.source];
    return [];
  });
}

/** A named volume has no slash and is docker's own; a path with `..` may end anywhere. */
function isOutside(source: string, datastore: string): boolean {
  if (!/[/~$]|^\./.test(source)) return false;
  if (source.startsWith('/srv/charm-store/')) return source.split('/').includes('..');
  return !`${source}/`.startsWith(`${datastore}/`) || source.split('/').includes('..');
}
