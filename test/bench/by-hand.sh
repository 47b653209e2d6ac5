#!/usr/bin/env bash
# by-hand.sh HOST HOST_KEY KEY TARGET TARGET_KEY ADMIN_KEY IDENT COMPOSE_FILE MIRROR: what an expert types to make a fresh host
# serve what a backup holds, one command after the other over one kept connection. Prints the seconds of each part, and of all.
set -euo pipefail
export LC_ALL=C
host=$1 host_key=$2 key=$3 target=$4 target_key=$5 admin_key=$6 ident=$7 compose_file=$8 mirror=$9
work=$(mktemp -d)
printf '%s %s\n' "$host" "$host_key" "$target" "$target_key" >"$work/known_hosts"
options=(-F /dev/null -o "UserKnownHostsFile=$work/known_hosts" -o BatchMode=yes -o IdentitiesOnly=yes
  -o ControlMaster=auto -o "ControlPath=$work/%C" -o ControlPersist=60)
on_host() { ssh "${options[@]}" -i "$key" "root@$host" "$@"; }
on_target() { ssh "${options[@]}" -i "$admin_key" "myadmin@$target" "$@"; }
leave() {
  ssh "${options[@]}" -O exit "root@$host" 2>/dev/null || true
  ssh "${options[@]}" -O exit "myadmin@$target" 2>/dev/null || true
  rm -rf "$work"
}
trap leave EXIT

began=$EPOCHREALTIME last=$EPOCHREALTIME
did() { # WHAT: it is done
  local now=$EPOCHREALTIME
  awk -v what="$1" -v from="$last" -v to="$now" 'BEGIN { printf "%s %.2f\n", what, to - from }'
  last=$now
}

on_host tee -a .ssh/authorized_keys <"$key.pub" >/dev/null
did set-up

on_host 'mkdir -p /etc/docker && cat >/etc/docker/daemon.json' <<JSON
{"live-restore": true, "log-driver": "json-file", "log-opts": {"max-size": "50m", "max-file": "3"},
 "registry-mirrors": ["$mirror"], "insecure-registries": ["${mirror#http://}"]}
JSON
on_host apt-get update -q >/dev/null
on_host DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
  docker.io docker-cli docker-compose git jq rsync cron openssh-client </dev/null >/dev/null 2>&1
did deploy

tar -C "$(dirname -- "${BASH_SOURCE[0]}")/../../charms" -cz . |
  on_host 'mkdir -p /srv/charm-store/myc && tar -xz --no-same-owner -C /srv/charm-store/myc'
did charms

on_host 'umask 077; mkdir /root/restore; ssh-keygen -q -t ed25519 -N "" -f /root/restore/key; cat >/root/restore/known_hosts' \
  <<<"$target $target_key"
public_key=$(on_host cut -d\' \' -f1,2 /root/restore/key.pub)
user=$(on_target request-recovery-key "$ident" "$public_key" | sed -n 's/.*"user":"\([a-z0-9_-]*\)".*/\1/p')
did restore-key

on_host rsync -aHAX --numeric-ids -M--fake-super \
  -e "'ssh -i /root/restore/key -o UserKnownHostsFile=/root/restore/known_hosts'" "$user@$target:/" /srv/restored/
did data

on_host 'cd /srv/restored && sha256sum --check --quiet var/lib/myc-wf/backup/files.sha256'
did checksums

on_host 'mkdir -p /opt/apps && mv /srv/restored/opt/apps/myc-deploy /opt/apps/ && mv /srv/restored/srv/datastore /srv/'
did move

compose="docker compose --progress quiet -p myc -f /opt/apps/myc-deploy/docker-compose.yml"
on_host 'cat >/opt/apps/myc-deploy/docker-compose.yml' <"$compose_file"
for image in $(on_host "$compose config --images"); do on_host docker pull --quiet "$image" >/dev/null; done
did images

on_host "$compose up -d --wait postgres" </dev/null
did database

on_host "$compose exec -T postgres pg_restore -U postgres --create --exit-on-error -d template1" \
  '</srv/restored/var/lib/myc-wf/backup/dumps/postgres/shop.dump'
did rows

on_host "$compose up -d --wait" </dev/null
did services

test "$(curl -sf --retry 5 --retry-connrefused "http://$host:8080/")" = 'the shop'
test "$(on_host "$compose exec -T postgres psql -XAtqU postgres shop -c 'SELECT count(*) FROM t'" </dev/null)" = 100000
did check
awk -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "all %.2f\n", to - from }'
