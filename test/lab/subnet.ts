import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** The subnet that the lab's network has, or the first free 172.30.x.0/24 from a place that the name gives. */
export function chooseSubnet(labName: string, network: string): string {
  const format = '{{range .IPAM.Config}}{{.Subnet}}{{end}}';
  const own = answer('docker', 'network', 'inspect', '--format', format, network).trim();
  if (/^172\.30\.\d+\.0\/24$/.test(own)) return own;
  const ids = answer('docker', 'network', 'ls', '--quiet').split('\n').filter(Boolean);
  const taken = ids.length > 0 ? answer('docker', 'network', 'inspect', '--format', format, ...ids) : '';
  // Of a lab that is down only its blackhole is left, which stands in nobody's way.
  const routes = answer('ip', '-4', 'route', 'show').split('\n');
  return freeSubnet(labName, [
    ...taken.split('\n'),
    ...routes.filter((line) => !/^(blackhole|default)/.test(line)),
  ]);
}

/** `taken` are lines that begin with a network in CIDR notation. */
export function freeSubnet(labName: string, taken: string[]): string {
  const start = createHash('sha256').update(labName).digest().readUInt16BE(0);
  for (let i = 0; i < 256; i++) {
    const third = (start + i) % 256;
    // 77 is the default lab's, also while that is down.
    if (third !== 77 && !taken.some((line) => overlaps(line, third))) return `172.30.${third}.0/24`;
  }
  throw new Error('no free subnet in 172.30.0.0/16 for a lab: see docker network ls, ip route');
}

function overlaps(line: string, third: number): boolean {
  const [, a, b, c, bits] = /^(\d+)\.(\d+)\.(\d+)\.\d+(?:\/(\d+))?/.exec(line) ?? [];
  if (a === undefined) return false;
  const shift = 32 - Math.min(Number(bits ?? 32), 24);
  const number = (x: number, y: number, z: number) => (x * 2 ** 24 + y * 2 ** 16 + z * 2 ** 8) / 2 ** shift;
  return Math.floor(number(Number(a), Number(b), Number(c))) === Math.floor(number(172, 30, third));
}

/** What a program printed; nothing when it is missing or fails. */
function answer(program: string, ...argv: string[]): string {
  return spawnSync(program, argv, { encoding: 'utf8' }).stdout ?? '';
}
