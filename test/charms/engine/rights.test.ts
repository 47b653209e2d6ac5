import { describe, expect, it } from 'vitest';
import { dockerComposeRights, ownersOf } from '../../../charms/engine/index.js';
import { serviceRights } from '../../../charms/engine/rights.js';
import { parseYaml } from '../../../charms/engine/yaml.js';
import { charm, planWith } from './house.js';

const owner = { names: ['db'], datastore: '/srv/datastore' };
const rightsOf = (text: string): string[] =>
  serviceRights('db', parseYaml(text, 'docker-compose.yml').value as Record<string, unknown>, owner);

describe('what a container may do to its host', () => {
  it.each([
    ['privileged: true', 'is privileged: it can do anything'],
    ['privileged: "true"', 'is privileged'],
    ['privileged: ${X:-true}', 'is privileged'],
    ['privileged: 1', 'is privileged'],
    ['pid: host', "uses the host's processes"],
    ['pid: ${X:-host}', 'uses another processes'],
    ['pid: "container:other"', 'container:other'],
    ['network_mode: host', "uses the host's network"],
    ['network_mode: "container:other"', 'container:other'],
    ['ipc: host', "uses the host's shared memory"],
    ['uts: host', "uses the host's name"],
    ['userns_mode: host', "uses the host's users"],
    ['cgroup: host', "uses the host's control groups"],
    ['cgroup_parent: /system.slice', 'control group'],
    ['cap_add: [SYS_ADMIN]', 'gets the capabilities SYS_ADMIN'],
    ['cap_add: [cap_net_admin, CHOWN]', 'gets the capabilities cap_net_admin'],
    ['cap_add: ALL', 'gets the capabilities ALL'],
    ['security_opt: ["seccomp=unconfined"]', 'seccomp=unconfined'],
    ['security_opt: ["apparmor:unconfined", "no-new-privileges"]', 'apparmor:unconfined'],
    ['security_opt: ["no-new-privileges:false"]', 'no-new-privileges:false'],
    ['volumes_from: [postgres]', 'takes over the volumes of postgres'],
    ['env_file: /etc/shadow', 'read /etc/shadow of the host as root (env_file)'],
    ['env_file: [{path: /etc/shadow}]', '/etc/shadow'],
    ['label_file: /etc/shadow', 'label_file'],
    ['extends: {file: /etc/x.yml, service: y}', '/etc/x.yml'],
    ['build: {context: /etc}', '/etc'],
    ['post_start: [{command: id, privileged: true}]', 'with all rights on the host'],
    ['post_start: [{command: id, privileged: "${X:-true}"}]', 'with all rights on the host'],
    ['pre_stop: [{command: id, privileged: true}]', 'with all rights on the host'],
    ['provider: {type: anything}', 'asks for provider'],
    ['use_api_socket: true', 'asks for use_api_socket'],
    ['devices: [/dev/sda]', 'devices of the host'],
    ['device_cgroup_rules: ["c 1:3 mr"]', 'device_cgroup_rules'],
    ['gpus: all', 'asks for gpus'],
    ['runtime: other', 'another runtime'],
    ['sysctls: {kernel.core_pattern: "|/x"}', 'kernel.core_pattern'],
    ['sysctls: ["vm.swappiness=1"]', 'vm.swappiness'],
    ['oom_score_adj: -1000', 'is ended after all others'],
    ['oom_kill_disable: true', 'never ended'],
    ['logging: {driver: syslog}', 'sends its log elsewhere'],
    ['deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}', 'gets devices of the host'],
    ['credential_spec: {file: x}', 'credential_spec'],
    ['a_key_of_next_year: yes', 'asks for a_key_of_next_year'],
    ['volumes: ["/var/run/docker.sock:/var/run/docker.sock"]', 'docker.sock: it can do anything on the host'],
    ['volumes: [{type: bind, source: /run/docker.sock, target: /x}]', 'can do anything on the host'],
    ['volumes: ["/etc:/mnt"]', 'mounts /etc, which is outside'],
    ['volumes: ["/srv/datastore/../../etc:/mnt"]', 'which is outside'],
    ['volumes: ["~/x:/mnt"]', 'which is outside'],
    ['volumes: ["${X:-/}:/mnt"]', 'mounts ${X'],
    ['volumes: [{type: bind, source: /root, target: /mnt}]', 'mounts /root'],
    ['volumes: ["/srv/datastore:/all"]', 'more than its own data'],
    ['volumes: ["/srv/datastore/data/other/var:/x"]', 'more than its own data'],
    ['volumes: ["/srv/datastore/data/db:/x"]', 'more than its own data'],
    ['volumes: ["/srv/datastore/data/db/.compose/password:/x"]', 'passwords'],
    ['volumes: ["/srv/datastore/data/db/x:/x:rshared"]', 'reaches the host (rshared)'],
    ['volumes: ["/srv/charm-store/house/web/hooks:/x"]', 'root runs what lies there'],
    ['volumes: [{type: npipe, source: x, target: /x}]', 'npipe'],
  ])('%s is named', (text, named) => {
    expect(rightsOf(text).join('\n')).toContain(named);
  });

  it.each([
    'privileged: false',
    'cap_add: [NET_BIND_SERVICE, CAP_CHOWN]',
    'security_opt: ["no-new-privileges:true"]',
    'network_mode: "service:proxy"',
    'ipc: private',
    'sysctls: {net.core.somaxconn: 1024}',
    'logging: {driver: json-file, options: {max-size: 10m}}',
    'deploy: {resources: {limits: {memory: 1g, cpus: "1"}, reservations: {memory: 1g}}}',
    'post_start: [{command: id}]',
    'volumes: ["/srv/datastore/data/db/var/lib:/var/lib:rw", "cache:/cache", "/anonymous"]',
    'volumes: ["/srv/charm-store/house/web/resources/x:/x:ro"]',
    'volumes: [{type: bind, source: /srv/datastore/config/db/etc, target: /etc/x, read_only: true}]',
    'volumes: [{type: volume, source: cache, target: /c}, {type: tmpfs, target: /t}]',
    'ports: ["80:80"]\nrestart: unless-stopped\nenvironment: {A: b}\nx-mine: 1\ndevices: []\ncap_add: null',
  ])('an ordinary container has none: %s', (text) => {
    expect(rightsOf(text)).toEqual([]);
  });

  it('knows a long value no further than a line holds', () => {
    expect(rightsOf(`pid: ${'x'.repeat(5000)}`)[0]?.length).toBeLessThan(200);
  });
});

describe('a whole docker-compose.yml', () => {
  const judged = (text: string): string =>
    dockerComposeRights(
      parseYaml(text, 'docker-compose.yml').value as Record<string, unknown>,
      new Map([['db', owner]]),
      '/srv/datastore',
    ).join('\n');

  it.each([
    [
      'volumes: {all: {driver_opts: {type: none, o: bind, device: /etc}}}',
      'volume all mounts /etc of the host',
    ],
    ['volumes: {all: {driver: nfs}}', 'driver nfs'],
    ['volumes: {all: {external: true}}', 'not of this project'],
    ['networks: {out: {driver: macvlan}}', 'driver macvlan'],
    ['networks: {out: {external: true}}', 'not of this project'],
    ['secrets: {all: {file: /etc/shadow}}', 'all is read from a file of the host'],
    ['services: {db: {privileged: true}}', 'service db is privileged'],
  ])('%s is named', (text, named) => {
    expect(judged(text)).toContain(named);
  });

  it('is harmless as compose renders an ordinary one', () => {
    const text =
      'name: myc\nnetworks: {default: {name: myc_default, ipam: {}}}\nservices: {db: {command: null, entrypoint: null, networks: {default: null}}}';
    expect(judged(text)).toBe('');
  });

  it('knows what a subordinate service adds to the container of another', () => {
    const services = [
      { name: 'web', master: 'web' },
      { name: 'side', master: 'web' },
    ];
    const volumes = ['/srv/datastore/data/side/x:/x', '/srv/datastore/data/db/x:/y'];
    const rights = dockerComposeRights(
      { services: { web: { volumes } } },
      ownersOf(services, '/srv/datastore'),
      '/srv/datastore',
    );
    expect(rights).toHaveLength(1);
    expect(rights[0]).toContain('/srv/datastore/data/db/x');
  });

  it('is told with the plan of a compose.yml, and of no ordinary one', () => {
    const charms = [
      charm('db', 'docker-image: postgres:17\ndata-resources: [/data]\nconfig-resources: [/etc/db]\n'),
    ];
    expect(planWith(charms, 'db:\n').rights).toEqual([]);
    expect(planWith(charms, 'db:\n  docker-compose: {pid: "${X:-host}"}\n').rights).toHaveLength(1);
  });
});
