import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  image: string;
  ports?: string[];
  environment?: Record<string, string>;
  networks: string[] | Record<string, unknown>;
}

const text = readFileSync(new URL('../docker-compose.temporal.yml', import.meta.url), 'utf8');
const { services, networks } = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
};

test('only gRPC is published, and it asks for a client certificate; the UI is on loopback', () => {
  const ports = Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => `${name} ${port}`),
  );
  expect(ports).toEqual(['temporal 7233:7233', 'ui 127.0.0.1:8233:8080']);
  expect(services['temporal']!.environment).toMatchObject({
    TEMPORAL_TLS_REQUIRE_CLIENT_AUTH: 'true',
    TEMPORAL_TLS_CLIENT1_CA_CERT: '/certs/ca.pem',
  });
});

test('the database is on an internal network that the UI is not in', () => {
  expect(networks['database']).toEqual({ internal: true });
  expect(services['database']!.networks).toEqual(['database']);
  expect(services['ui']!.networks).toEqual(['temporal']);
});

test('the UI writes nothing and verifies the server', () => {
  expect(services['ui']!.environment).toMatchObject({
    TEMPORAL_DISABLE_WRITE_ACTIONS: 'true',
    TEMPORAL_TLS_ENABLE_HOST_VERIFICATION: 'true',
  });
});

test('every image has its exact version, and no password stands in the file', () => {
  for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?$/);
  expect(text).not.toMatch(/(PASSWORD|_PWD):/);
});
