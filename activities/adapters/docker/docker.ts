/**
 * The Docker engine of one host, read through the connection that its Remote holds (one login). What changes a host is a
 * named job and goes through the docker command there; this is for looking. Implementation: dockerode.ts; it passes the
 * suite in test/activities/adapters/docker/conformance.ts.
 *
 * Errors: those of Remote.openUnixSocket; anything else Docker answers is a retryable DockerFailed.
 */
export interface Docker {
  /** Of a compose project, or of one of its services, running or not; by compose's labels, never by name. No one-off runs. */
  containersOf(project: string, service?: string): Promise<Container[]>;
  /** By any name docker takes: `postgres:17`, `registry.example.org/x@sha256:…`, `x` for `x:latest`. */
  hasImage(image: string): Promise<boolean>;
  /** What the container's healthcheck says now; `none` when it has none. NoSuchContainer is `undefined`. */
  healthOf(container: string): Promise<ContainerHealth | undefined>;
}

export interface Container {
  id: string;
  service: string;
  /** running, exited, restarting, created, paused, dead */
  state: string;
  image: string;
}

export interface ContainerHealth {
  state: string;
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  exitCode: number;
  /** What the last check printed, cut; empty when there was none. */
  lastOutput: string;
}
