import { describe, expect, it } from 'vitest';
import { type Standing, pendingOf } from '../../activities/pending-services.js';
import { charm, planWith } from '../charms/engine/house.js';

const charms = [
  charm('web', 'docker-image: httpd:2.4\n'),
  charm('db', 'docker-image: postgres:17\n'),
  charm('once', 'type: run-once\ndocker-image: httpd:2.4\n'),
];
const running = (...services: string[]): Standing['containers'] =>
  services.map((service) => ({ service, state: 'running' }));
const standing = (over: Partial<Standing> = {}): Standing => {
  const plan = planWith(charms, 'web:\ndb:\nonce:\n');
  const { services } = plan.dockerCompose;
  return { plan, everything: true, services, written: services, containers: running('web', 'db'), ...over };
};

describe('what a dry run of up says of containers', () => {
  it('is nothing when they stand as docker-compose.yml has them', () => {
    expect(pendingOf(standing())).toEqual([]);
  });

  it('is what would be created, recreated, started and removed', () => {
    const { services } = standing();
    expect(
      pendingOf(standing({ services: { ...services, web: { ...(services.web as object), init: true } } })),
    ).toEqual(['recreate web']);
    expect(pendingOf(standing({ containers: [{ service: 'web', state: 'exited' }] }))).toEqual([
      'start web',
      'create db',
    ]);
    expect(pendingOf(standing({ containers: running('web', 'db', 'old') }))).toEqual(['remove old']);
  });

  it('removes nothing when services were named', () => {
    expect(pendingOf(standing({ everything: false, containers: running('web', 'db', 'old') }))).toEqual([]);
  });
});
