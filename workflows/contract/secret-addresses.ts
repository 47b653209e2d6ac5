/**
 * `https://TOKEN@host`, `ssh://user:PASSWORD@host`; a user alone is a secret for every transport
 * but ssh.
 */
const login = /\b(?!ssh:\/\/[^\s/?#:@'"]*@)([a-z][a-z0-9+.-]*:[\\/]{2,})([^\s/?#'"]*)@/gi;

/** `?private_token=…`, `&sig=…`: a parameter that is called like a secret. */
const parameter =
  /([?&;](?:[\w.-]*[_.-])?(?:access|api|auth|private)?(?:token|key|password|passwd|pwd|secret|auth|sig|signature|credentials?)=)[^\s&;#'"]+/gi;

/** `user:PASSWORD@host:path`, as git and scp write it; an image's `name:tag@sha256:…` is none. */
const bareLogin = /(^|[\s"'=([{,])([\w.-]+):([^\s/"'@]+)@(?!sha\d+:)(?=[\w.[-])/g;

/** Whether an address, as somebody wrote it, lets in whoever reads it. */
export const holdsLogin = (address: string): boolean =>
  [login, bareLogin, parameter].some((form) => address.search(form) >= 0);

/** A text of anybody's, such as an error of git, without the logins of the addresses in it. */
export const withoutLogins = (text: string): string =>
  text.replace(login, '$1***@').replace(parameter, '$1***');

/** The same of a line in which addresses stand as people configure them. */
export const withoutWrittenLogins = (line: string): string =>
  withoutLogins(line).replace(bareLogin, '$1$2:***@');
