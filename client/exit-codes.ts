/** What a script can rely on; listed in `myc-wf --help`. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  someHostsFailed: 3,
  unreachable: 4,
  notFound: 10,
  busy: 11,
  detached: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `Exit codes:
  0    done
  1    failed
  2    usage or configuration
  3    some hosts failed
  4    unreachable, or authentication refused
  10   not found
  11   host busy
  130  detached: the workflow goes on`;
