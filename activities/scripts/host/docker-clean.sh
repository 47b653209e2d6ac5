#!/bin/bash
# docker-clean: removes images that no container has used for a week, and what else Docker keeps for nobody. Each night by cron;
# installed as /usr/local/lib/myc-wf/docker-clean by `myc-wf start deploy`.
#
# Docker itself knows when an image was built, and not when it was pulled: by its own `--filter until` it would remove what an
# operation has just pulled and not started yet. So each night notes which images no container uses, and one goes when it was
# in that list for a week. Images that the host's compose files name stay, as do the containers and networks of every
# compose project (a service that is stopped is still a service) and all volumes.
set -euo pipefail
shopt -s inherit_errexit
umask 077
root=/var/lib/myc-wf
week=$((7 * 24 * 3600))
memory=$root/unused-images

# Cron would send a mail of it.
say() { logger -t myc-docker-clean -- "$*"; }

skip() { # WHY
  say "left for the next night: $1"
  exit 0
}

mkdir -p -- "$root"
# Inherited on purpose, as by jobs: what changes the host waits until this is over.
exec 8>>"$root/lock"
flock --wait 600 8 || skip "the host is held by $(head -c 200 -- "$root/lock")"
echo 'the nightly clean-up of images' >"$root/lock"
# Between two of its jobs an operation holds no lock, and images are pulled without one.
if [ -n "$(find "$root/operation" -mmin -360 2>/dev/null)" ]; then skip 'an operation began in the last six hours'; fi
if [ -n "$(systemctl list-units --no-legend --plain --state=active,activating,deactivating 'myc-*.service')" ]; then skip 'a job is running'; fi
docker version >/dev/null 2>&1 || skip 'Docker does not answer'

now=$(date +%s)

named_images() { # in the compose files of the host
  sed -n -E "s/^[[:space:]]*[\"']?image[\"']?:[[:space:]]*[\"']?([^\"'#[:space:]]+).*/\1/p" \
    "$root/compose/docker-compose.yml" /opt/apps/myc-deploy/compose.yml 2>/dev/null || true
  jq -r '.[] | strings' "$root/compose/images.json" 2>/dev/null || true
}

# The ids of images that containers use, running or not, or that compose files name.
declare -A used=()
keep() { while IFS= read -r id; do [ -z "$id" ] || used[$id]=yes; done; }
mapfile -t containers < <(docker ps --all --quiet --no-trunc)
if [ "${#containers[@]}" -gt 0 ]; then
  images=$(docker inspect --type container --format '{{.Image}}' -- "${containers[@]}")
  keep <<<"$images"
fi
while IFS= read -r name; do
  keep < <(docker image inspect --format '{{.Id}}' -- "$name" 2>/dev/null || true)
done < <(named_images | sort -u)

# Of the nights before: the id of an image, and since when it has been unused, in seconds.
declare -A since=()
if [ -f "$memory" ]; then
  while read -r id seconds; do
    if [[ $id =~ ^sha256:[0-9a-f]{64}$ && $seconds =~ ^[1-9][0-9]{0,11}$ ]]; then since[$id]=$seconds; fi
  done <"$memory"
fi

remove() { # ID
  local name names
  # By its id, so that a name that means another image by now keeps that; one with several names goes by them.
  if docker image rm -- "$1" >/dev/null 2>&1; then return; fi
  names=$(docker image inspect --format '{{range .RepoTags}}{{println .}}{{end}}' -- "$1" 2>/dev/null) || return 0
  while IFS= read -r name; do
    if [ -n "$name" ] && [ "$(docker image inspect --format '{{.Id}}' -- "$name" 2>/dev/null)" = "$1" ]; then
      docker image rm -- "$name" >/dev/null 2>&1 || true
    fi
  done <<<"$names"
}

removed=0 kept=()
all=$(docker image ls --quiet --no-trunc)
while IFS= read -r id; do
  if [[ ! $id =~ ^sha256:[0-9a-f]{64}$ || -n ${used[$id]-} ]]; then continue; fi
  first=${since[$id]:-$now}
  # A clock that was set back must not count against an image.
  if ((first > now)); then first=$now; fi
  if ((now - first >= week)); then
    remove "$id"
    if ! docker image inspect -- "$id" >/dev/null 2>&1; then
      removed=$((removed + 1))
      continue
    fi
  fi
  kept+=("$id $first")
done < <(sort -u <<<"$all")
if [ "${#kept[@]}" -gt 0 ]; then printf '%s\n' "${kept[@]}"; fi >"$memory.new"
sync -- "$memory.new"
mv -fT -- "$memory.new" "$memory"

# What belongs to no compose project, or was run once by `compose run`.
docker container prune --force --filter until=168h --filter label!=com.docker.compose.project >/dev/null
docker container prune --force --filter until=168h --filter label=com.docker.compose.oneoff=True >/dev/null
docker network prune --force --filter until=168h --filter label!=com.docker.compose.project >/dev/null
# One that is built with the classic builder only has no such cache.
docker builder prune --force --filter until=168h >/dev/null 2>&1 || true
say "removed $removed images; ${#kept[@]} more are unused"
