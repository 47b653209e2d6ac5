#!/usr/bin/env bash
# container-ips.sh PROJECT: addresses of the project's running containers, those of `run` too; changes nothing.
#   SERVICE CONTAINER NETWORK IPV4 IPV6    a line for each network, - where there is none
set -euo pipefail
command -v docker >/dev/null || exit 0
mapfile -t ids < <(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$1")
[ "${#ids[@]}" -gt 0 ] || exit 0
docker inspect --format '{{$c := .}}{{range $name, $net := .NetworkSettings.Networks}}{{index $c.Config.Labels "com.docker.compose.service"}} {{$c.Name}} {{$name}} {{or $net.IPAddress "-"}} {{or $net.GlobalIPv6Address "-"}}
{{end}}' "${ids[@]}" | sed '/^$/d; s| /| |' | sort
