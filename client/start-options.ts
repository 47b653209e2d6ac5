/** The options of `start`, as commander hands them over. */
export interface StartOptions {
  dryRun?: boolean;
  yes?: boolean;
  takeover?: boolean;
  wait?: boolean;
  detach?: boolean;
  hostKey?: string;
  parallel?: number;
  domain?: string;
  /** `--without-docker-clean`, `--no-docker-restart`: commander turns the second into `dockerRestart: false`. */
  withoutDockerClean?: boolean;
  dockerRestart?: boolean;
  ident?: string;
  allowMassDeletion?: boolean;
  unverified?: boolean;
  /** Of an action: what it reads and writes, here (`-` is a pipe) or on the host. */
  input?: string;
  output?: string;
  fromHost?: string;
  toHost?: string;
  /** Of `up`: a compose.yml in place of the host's, and what is merged over it. */
  file?: string;
  addComposeContent?: string;
  debug?: boolean;
  /** Of `cutoff`. */
  lift?: boolean;
}
