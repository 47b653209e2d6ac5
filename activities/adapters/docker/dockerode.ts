import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
// CommonJS: Node finds no named exports in it.
import Dockerode from 'dockerode';
import { dockerFailed } from '../../failures.js';
import type { Remote } from '../remote/remote.js';
import type { Container, ContainerHealth, Docker } from './docker.js';

const socketPath = '/var/run/docker.sock';
/** A reading that takes longer means a dockerd that hangs. */
const timeoutMs = 30_000;

/** The Docker engine behind a Remote: each request is a channel of the one connection. */
export function dockerOf(remote: Remote): Docker {
  const agent = new SocketAgent(() => remote.openUnixSocket(socketPath));
  // The host is only written into the requests' headers: the agent, which the types do not know, decides where they go.
  const options = { protocol: 'http', host: 'docker', port: 80, agent } as const;
  const client = new Dockerode(options);
  /** `undefined` when docker says there is no such thing. */
  const asked = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      if ((error as { type?: string }).type === 'HostUnreachable') throw error;
      throw dockerFailed(remote.name, what, error);
    }
  };
  return {
    containersOf: async (project, service) => {
      const labels = [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False'];
      if (service !== undefined) labels.push(`com.docker.compose.service=${service}`);
      const filters = { label: labels };
      const found = await asked('list containers', () => client.listContainers({ all: true, filters }));
      return (found ?? []).map(containerOf);
    },
    hasImage: async (image) =>
      // What is no name of an image would be another path of the API.
      /^[\w.:/@-]+$/.test(image) &&
      (await asked(`inspect the image ${image}`, () => client.getImage(image).inspect())) !== undefined,
    healthOf: async (container) => {
      const found = await asked(`inspect ${container}`, () => client.getContainer(container).inspect());
      return found && healthOf(found.State);
    },
  };
}

const containerOf = ({ Id, Labels, State, Image }: Dockerode.ContainerInfo): Container => ({
  id: Id,
  service: Labels['com.docker.compose.service'] ?? '',
  state: State,
  image: Image,
});

function healthOf({ Status, Health, ExitCode }: Dockerode.ContainerInspectInfo['State']): ContainerHealth {
  const health = Health?.Status;
  return {
    state: Status,
    health: health === 'starting' || health === 'healthy' || health === 'unhealthy' ? health : 'none',
    exitCode: ExitCode,
    lastOutput: (Health?.Log?.at(-1)?.Output ?? '').trim().slice(-300),
  };
}

/** An http.Agent whose sockets are opened by a function; none is kept, since a channel costs a millisecond. */
class SocketAgent extends Agent {
  constructor(private readonly open: () => Promise<Duplex>) {
    // A few at a time: to a login that is not root each is one of the connection's eight sessions.
    super({ keepAlive: false, maxSockets: 4 });
  }

  /** docker-modem writes its options out for each request, wanted or not: seconds, with all that hangs on a connection. */
  [inspect.custom](): string {
    return 'SocketAgent';
  }

  override createConnection(
    _options: unknown,
    opened?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.open().then(
      (socket) => {
        // Not the client's own timeout: that one wants a net.Socket.
        const limit = setTimeout(
          () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)),
          timeoutMs,
        );
        socket.once('close', () => clearTimeout(limit));
        opened?.(null, socket);
      },
      (error: Error) => opened?.(error, undefined as unknown as Duplex),
    );
  }
}
