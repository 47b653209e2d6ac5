/**
 * One host, reached over one connection. Implementations: ssh.ts (ssh2: keepalive 5 s x 3, at most 8 channels, the rest
 * queue, pinned host keys) and local.ts (this machine, for tests and for a control plane that manages itself). Both pass
 * the suite in test/activities/adapters/remote/conformance.ts.
 *
 * Errors: an ApplicationFailure from failures.ts. Retryable: HostUnreachable (connection refused, timed out, cut).
 * Final: HostKeyChanged, HostKeyUnknown, AuthenticationRefused. A command that ran and failed is not an error: see `exit`.
 */
export interface Remote {
  /** The inventory name, for messages. */
  readonly name?: string;
  /** Whose jobs they are: a host that another control plane took over meanwhile refuses them. */
  readonly controlPlane?: string;
  /** Runs argv as root (through `sudo -n` when the login is not root), without a shell's word splitting. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Connects to a Unix socket of the host, as root; what dockerode speaks through. */
  openUnixSocket(path: string): Promise<import('node:stream').Duplex>;
}

export interface ExecOptions {
  /** Written to standard input, which is then closed; closed at once when left out. Never logged. A stream may be of any length. */
  stdin?: string | Uint8Array | import('node:stream').Readable;
  /** Takes standard output, of any length, as fast as it can; it is not ended. `stdout` of the result stays empty. */
  stdout?: import('node:stream').Writable;
  /** Called for each line of standard output as it arrives (without the newline). */
  onLine?: (line: string) => void;
  /** Stops waiting and closes the channel; the promise rejects with the signal's reason. A named job goes on. */
  signal?: AbortSignal;
  /** HostUnreachable when the command has not ended by then. 60 when left out; 0 is no limit. */
  timeoutSeconds?: number;
}

export interface ExecResult {
  /** null when the command was ended by a signal. */
  exit: number | null;
  /** At most 8 MiB each; more is a final failure `OutputTooLarge`. With onLine, stdout stays empty. */
  stdout: string;
  stderr: string;
}

/** Hosts by their inventory name; a connection is opened at first use, shared by all activities and kept. */
export interface Remotes {
  /** BadInput (final) when the configuration has no such host. */
  host(name: string): Promise<Remote>;
  /** The administration account of a backup target, whose forced command takes the argv. */
  backupTarget(name: string, admin?: string): Promise<Remote>;
  close(): Promise<void>;
}
