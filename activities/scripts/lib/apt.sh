# shellcheck shell=bash disable=SC2034
# Debian's packages, with nobody there to be asked; goes before a script that installs (lib/files.sh goes before).

# A conffile that somebody edited stays as it is; needrestart restarts nothing, since Docker might be among it.
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true UCF_FORCE_CONFFOLD=1
export NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none LC_ALL=C
conffiles=(--force-confdef --force-confold)

# How long somebody else's run of apt is waited for, in seconds.
apt_patience=900

# What apt and dpkg say when another program holds one of their locks.
locked='Could not get lock|(was|is) locked by another process'
# What a power cut leaves of the lists.
damaged_lists='Problem with MergeList|could not be parsed or opened|Encountered a section with no Package: header'
damaged_lists+='|Unable to parse package file|package cache file is corrupted'

# Runs a program of apt or dpkg, and again for as long as another one has its locks; dpkg itself does not wait. What it said of its
# errors is in $apt_said afterwards. The progress changes each time, so that nobody takes the wait for a job that hangs. A wait
# that is too long ends the script.
patiently() { # PROGRAM [WORD…]
  local since=$SECONDS code holder said
  said=$(mktemp)
  while :; do
    code=0
    "$@" </dev/null 2>"$said" || code=$?
    apt_said=$(cat -- "$said")
    cat -- "$said" >&2
    if ((code == 0)) || ! grep -qE -- "$locked" "$said"; then break; fi
    holder=$(sed -n -E 's/.*(held by process [0-9]+ \([^)]*\)|another process with pid [0-9]+).*/\1/p' "$said" | head -n 1)
    if ((SECONDS - since >= apt_patience)); then
      printf 'another run of apt or dpkg (%s) was waited for, for %d minutes: see what it does on this host, then start again\n' \
        "${holder:-it says no name}" "$((apt_patience / 60))" >&2
      rm -f -- "$said"
      exit 1
    fi
    printf 'waiting for apt (%s), for %d s\n' "${holder:-held by another program}" "$((SECONDS - since))" >"${MYC_PROGRESS:-/dev/null}"
    sleep 2
  done
  rm -f -- "$said"
  return "$code"
}

apt_get() { patiently nice apt-get "${conffiles[@]/#/-oDpkg::Options::=}" "$@"; }

# Without the packages' long descriptions, which nobody reads here; those that are there stay.
update_lists() {
  local words=(-o Acquire::Languages=none -o APT::Get::List-Cleanup=false update -q)
  apt_get "${words[@]}" && return
  grep -qE -- "$damaged_lists" <<<"$apt_said" || return 1
  echo 'the package lists are damaged, and are fetched anew' >&2
  find /var/lib/apt/lists -maxdepth 1 -type f ! -name lock -delete
  rm -f -- /var/cache/apt/pkgcache.bin /var/cache/apt/srcpkgcache.bin
  apt_get "${words[@]}"
}

# Whatever state an earlier run was ended in, by a cancel, a kill or a power cut; nothing is removed by it.
mend_packages() {
  local status=/var/lib/dpkg/status again=()
  # dpkg keeps what it replaced. An empty one would mean a host without packages.
  if [ ! -s "$status" ] && [ -s "$status-old" ]; then
    echo "$status is empty: taking $status-old" >&2
    write_file "$status" 0644 <"$status-old"
  fi
  # One that is half unpacked cannot be configured: it is unpacked again below.
  patiently dpkg "${conffiles[@]}" --configure -a || true
  if [ -z "$(dpkg --audit)" ]; then return; fi
  echo 'mending packages that were left half installed' >&2
  update_lists
  mapfile -t again < <(dpkg-query -W -f '${db:Status-Eflag} ${binary:Package}\n' | sed -n 's/^reinstreq //p')
  if [ "${#again[@]}" -gt 0 ]; then apt_get install -qy --no-remove --reinstall -- "${again[@]}"; fi
  apt_get --fix-broken --no-remove install -qy
  patiently dpkg "${conffiles[@]}" --configure -a
}

# An archive that a power cut left damaged is fetched anew, by lists that are fetched anew.
install_packages() { # [OPTION…] -- PACKAGE…
  apt_get install -qy "$@" || { apt_get clean && update_lists && apt_get install -qy "$@"; }
}
