#!/bin/bash
set -euo pipefail
if [ "${1:0:1}" = - ]; then set -- mongod "$@"; fi
if [ "$1" = mongod ] && [ "$(id -u)" = 0 ]; then
  find /data/db /data/configdb \! -user mongodb -exec chown mongodb:mongodb '{}' +
  # FerretDB tells its clients the very address that it listens on: so the name that they know is to be every address here.
  hosts=$(awk -v own="$(hostname)" '$2 != own' /etc/hosts)
  printf '%s\n0.0.0.0 %s\n' "$hosts" "$(hostname)" >/etc/hosts
  exec gosu mongodb "$0" "$@"
fi
exec "$@"
