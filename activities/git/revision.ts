export const isCommit = (revision: string): boolean => /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision);

/** `https`, `ssh` (also as `user@host:path`) or `file`. */
export const protocolOf = (url: string): string | undefined =>
  /^(https|ssh|file):\/\//.exec(url)?.[1] ??
  (url.startsWith('/') ? 'file' : /^[\w.-]+@[\w.-]+:[^:]/.test(url) ? 'ssh' : undefined);
