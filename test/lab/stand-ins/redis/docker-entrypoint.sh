#!/bin/sh
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then set -- redis-server "$@"; fi
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . \! -user redis -exec chown redis '{}' +
  exec gosu redis "$0" "$@"
fi
# In a container the network around it is the protection, and the log goes to standard output.
if [ "$1" = redis-server ]; then set -- "$@" --protected-mode no --bind '* -::*' --daemonize no --logfile ''; fi
exec "$@"
