import { readFile, readdir, readlink } from 'node:fs/promises';

export interface Place {
  address: string;
  port: number;
}

/** Every TCP place that these processes listen on, as the kernel says. */
export async function listeningPlaces(pids: readonly number[]): Promise<Place[]> {
  const inodes = new Set((await Promise.all(pids.map(socketsOf))).flat());
  const places: Place[] = [];
  for (const table of ['tcp', 'tcp6']) {
    const rows = (await readFile(`/proc/net/${table}`, 'utf8')).trim().split('\n').slice(1);
    for (const row of rows) {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
      // 0A is LISTEN.
      if (state === '0A' && inodes.has(inode)) places.push(placeOf(local));
    }
  }
  return places;
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

/** `0100007F:1F90`: the address is in the order of the machine's bytes. Any IPv6 place is told as `::`. */
function placeOf(local: string): Place {
  const [hex = '', port = ''] = local.split(':');
  const bytes = hex.match(/../g)!.map((byte) => parseInt(byte, 16));
  return { address: bytes.length === 4 ? bytes.toReversed().join('.') : '::', port: parseInt(port, 16) };
}
