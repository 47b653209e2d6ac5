/** -n: a sudo that wants a password fails at once instead of waiting for one that nobody types. */
export const asRoot = (argv: readonly string[]): string[] => ['sudo', '-n', '--', ...argv];
