#!/usr/bin/env bash
# cutoff apply|check: keeps containers of this host from reaching the ports of /etc/myc-wf/cutoff outside. Run when they change,
# and before and after each start of Docker, which may make its chains anew. Of what goes out only: what comes in to a
# published port, and what goes from container to container, passes.
# cutoff.sh set [PORT…] | add PORT…: these ports and no others, or these as well; out of the folder that has cutoff.conf, too.
set -euo pipefail
chain=MYC-WF-CUTOFF program=/usr/local/lib/myc-wf/cutoff list=/etc/myc-wf/cutoff

written() { grep -xE '[1-9][0-9]{0,4}' "$list" 2>/dev/null | sort -nu; }

put() { # FILE MODE, its content on standard input; in one step, and on the disk: an empty list would cut nothing off
  mkdir -p -- "${1%/*}"
  cat >"$1.new"
  chmod "$2" "$1.new"
  sync -- "$1.new"
  mv -- "$1.new" "$1"
}

# Written down first: cut off right here, the next start of Docker applies them.
write() { # PORT…
  local here
  here=$(cd "$(dirname "$0")" && pwd)
  umask 022
  put "$program" 0755 <"$here/cutoff.sh"
  put /etc/systemd/system/docker.service.d/myc-wf-cutoff.conf 0644 <"$here/cutoff.conf"
  if [ "$#" -gt 0 ]; then printf '%s\n' "$@" | sort -nu; fi | put "$list" 0644
  systemctl daemon-reload
  "$program" apply
  "$program" check
}
case ${1:-} in
  set) write "${@:2}" ;;
  add) mapfile -t before < <(written) && write "${before[@]}" "${@:2}" ;;
esac
case ${1:-} in set | add) exit ;; esac

mapfile -t ports < <(written)
# Docker's own place for rules; FORWARD for what Docker does not manage, such as IPv6 where it is off.
parents=(DOCKER-USER FORWARD)

tables() {
  echo iptables
  # A kernel without IPv6 has no rules for it.
  if [ -e /proc/net/if_inet6 ]; then echo ip6tables; fi
}

rules() {
  local port
  printf '*filter\n:%s - [0:0]\n' "$chain"
  printf -- "-A $chain -o %s -j RETURN\n" docker0 br-+
  echo "-A $chain -m conntrack --ctstate DNAT -j RETURN"
  for port in "${ports[@]}"; do
    echo "-A $chain -p tcp -m tcp --dport $port -j REJECT --reject-with tcp-reset"
    echo "-A $chain -p udp -m udp --dport $port -j REJECT"
  done
  echo COMMIT
}

apply() { # TABLES
  local parent
  # In one step: no packet finds the chain half filled.
  rules | "$1-restore" --wait --noflush
  "$1" -w -n -L DOCKER-USER >/dev/null 2>&1 || "$1" -w -N DOCKER-USER
  for parent in "${parents[@]}"; do
    "$1" -w -C "$parent" -j "$chain" 2>/dev/null || "$1" -w -I "$parent" 1 -j "$chain"
  done
}

lift() { # TABLES
  local parent
  for parent in "${parents[@]}"; do
    while "$1" -w -D "$parent" -j "$chain" 2>/dev/null; do :; done
  done
  "$1" -w -F "$chain" 2>/dev/null || return 0
  "$1" -w -X "$chain"
}

holds() { # TABLES
  local parent port
  for parent in "${parents[@]}"; do "$1" -w -C "$parent" -j "$chain" 2>/dev/null || return 1; done
  for port in "${ports[@]}"; do
    "$1" -w -C "$chain" -p tcp -m tcp --dport "$port" -j REJECT --reject-with tcp-reset 2>/dev/null || return 1
  done
}

for table in $(tables); do
  case ${1:-} in
    apply) if [ "${#ports[@]}" -gt 0 ]; then apply "$table"; else lift "$table"; fi ;;
    check) if [ "${#ports[@]}" -gt 0 ]; then holds "$table"; fi ;;
    *) echo "usage: cutoff apply|check|set|add" >&2 && exit 2 ;;
  esac
done
