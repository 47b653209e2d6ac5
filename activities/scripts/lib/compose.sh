# shellcheck shell=bash
# Docker Compose on what `up` wrote; goes before a script that calls compose.

# The program itself, as its own command: by way of `docker` it is started twice, the first time only to say what it is.
compose() { # PROJECT FOLDER WORD…
  local place program=(docker compose)
  # Where the docker command looks, in its order.
  for place in "${DOCKER_CONFIG:-${HOME:-/root}/.docker}" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    if [ -x "$place/cli-plugins/docker-compose" ]; then
      program=("$place/cli-plugins/docker-compose")
      break
    fi
  done
  # What a file may fill in with ${NAME} is the same whoever calls: what was judged is what is run.
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    "${program[@]}" --progress quiet --project-name "$1" --project-directory "$2" "${@:3}" </dev/null
}

as_json() { # PROJECT FOLDER FILE: what compose makes of it; it knows env files
  compose "$1" "$2" -f "$3" config --format json
}
