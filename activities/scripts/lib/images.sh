# shellcheck shell=bash
# Images from registries; goes before a script that calls pull_image.

# What Docker says of a registry that is away for a moment, as against one that does not have an image or does not hand it out; and
# what is said of a Docker that is being restarted.
away='Cannot connect to the Docker daemon|error during connect|connection refused|connection reset|i/o timeout|TLS handshake timeout|Client\.Timeout|context deadline exceeded|unexpected EOF|no route to host|network is unreachable|Temporary failure in name resolution|server misbehaving|: 50[0234] |status(:| code) 50[0234]'
patience=900

# For an hour: packages of a slow mirror take their time, and whoever installs them ends this when they cannot be had.
await_docker() {
  local since=$SECONDS
  # Its socket comes last, and is cheap to look for beside the work that is waited for.
  until [ -S /run/docker.sock ] && docker version >/dev/null 2>&1; do
    if ((SECONDS - since > 3600)); then
      echo 'Docker does not answer on this host' >&2
      return 1
    fi
    printf 'waiting for Docker, for %d s\n' "$((SECONDS - since))" >"$MYC_PROGRESS"
    sleep 0.1
  done
}

docker_root() { # where Docker keeps its things; / where it cannot be asked
  local root
  root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null) && [ -d "$root" ] || root=/
  printf '%s\n' "$root"
}

report_pull() { # TEXT: a large layer prints nothing for long: what has arrived of it shows that it moves
  local root
  root=$(docker_root)
  [ "$root" != / ] || root=/var/lib/docker
  while sleep 1; do
    printf '%s %s\n' "$1" "$(du -sb "$root/tmp" 2>/dev/null | cut -f1)" >"$MYC_PROGRESS"
  done
}

# For a quarter of an hour; the layers that Docker has whole are not pulled again.
pull_image() { # IMAGE
  local image=$1 since=$SECONDS pause=2 reporting code said=${MYC_RESULT%/*}/pull-error
  while :; do
    report_pull "pull $image" &
    reporting=$! code=0
    docker pull -- "$image" 2>"$said" || code=$?
    kill "$reporting" 2>/dev/null || true
    cat -- "$said" >&2
    if ((code == 0)); then
      # What Docker unpacks it leaves in memory, where a power cut takes it, and whatever next asks for a file of its own to be on the
      # disk would wait for all of it.
      sync -f -- "$(docker_root)"
      return 0
    fi
    if ! grep -qE -- "$away" "$said" || ((SECONDS - since > patience)); then return "$code"; fi
    printf 'waiting for the registry of %s, for %d s\n' "$image" "$((SECONDS - since))" >"$MYC_PROGRESS"
    sleep "$pause"
    pause=$((pause < 20 ? pause * 2 : 30))
  done
}
