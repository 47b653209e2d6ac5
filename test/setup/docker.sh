#!/usr/bin/env bash
# Makes sure that the lab finds what it needs of this machine: its commands, a Docker engine that answers, and mmdebstrap to
# make images with where no registry can be reached.
# Asks before it installs; --yes or CI=true answers.
set -euo pipefail
yes=${CI:-}
for argument in "$@"; do [ "$argument" != --yes ] || yes=true; done
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

# install PACKAGE…: with apt-get, after asking.
install_packages() {
  command -v apt-get >/dev/null || { echo "missing: $*; install Docker for this system and run again" >&2; exit 1; }
  if [ "$yes" != true ]; then
    [ -t 0 ] || { echo "missing: $*; install with apt-get install $*, or run again with --yes" >&2; exit 1; }
    read -rp "missing: $*; install with apt-get? [y/N] " answer
    [ "$answer" = y ] || { echo "install with: apt-get install $*" >&2; exit 1; }
  fi
  echo "installing $* (apt-get install)"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Of the way out of this machine: larger packets may be lost there.
outward_mtu() {
  local device
  device=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 1500
}

engine_answers() { docker info >/dev/null 2>&1; }

CI=$yes bash "$(dirname "$0")/packages.sh" openssl=openssl ssh-keygen=openssh-client flock=util-linux \
  nsenter=util-linux ip=iproute2 iptables=iptables git=git python3=python3
if command -v apt-get >/dev/null && { [ -z "$sudo" ] || command -v sudo >/dev/null; } && ! command -v mmdebstrap >/dev/null; then
  install_packages mmdebstrap debian-archive-keyring
fi
engine_answers && exit 0
if ! command -v dockerd >/dev/null; then install_packages docker.io iptables; fi
# Debian 13 has the client in a package of its own.
if ! command -v docker >/dev/null; then install_packages docker-cli; fi
engine_answers && exit 0
if [ -d /run/systemd/system ]; then
  $sudo systemctl start docker
else
  echo "starting dockerd (no systemd here)"
  # Its own session, so that it outlives this command.
  $sudo setsid dockerd --mtu "$(outward_mtu)" </dev/null >/tmp/myc-wf-dockerd.log 2>&1 &
fi
for _ in $(seq 60); do
  engine_answers && exit 0
  sleep 0.5
done
echo "the Docker engine does not answer: see 'docker info' and /tmp/myc-wf-dockerd.log" >&2
exit 1
