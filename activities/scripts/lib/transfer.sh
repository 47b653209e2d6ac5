# shellcheck shell=bash disable=SC2034
# Bytes between this host and its backup server; goes before a script that calls connect.
# Exit codes of what uses it: 23 some files could not be read or written, 28 no space left, 75 the server does not answer,
# 76 it shows another key, 77 it refuses the key.
set -euo pipefail
shopt -s inherit_errexit
umask 077
# Names are bytes: sorted and compared as such.
export LC_ALL=C
# Owners, modes, times, links, ACLs and attributes; the account keeps owners as attributes. Devices and pipes stay behind.
as_it_is=(-aHAX --no-D --numeric-ids -M--fake-super)

# What processors have instructions for goes first: half the work of chacha20, which is first by default.
ciphers=^aes128-gcm@openssh.com,aes256-gcm@openssh.com

connect() { # KEYS WORK USER ADDRESS PORT: the folders of key and known_hosts, and of what this script leaves for the next
  local keys=$1 option
  work=$2 address=$4
  mkdir -p -- "$work"
  case $address in *:*) server="[$address]" ;; *) server=$address ;; esac
  ssh=(ssh -F /dev/null -i "$keys/id_ed25519" -l "$3" -p "$5")
  for option in UserKnownHostsFile="$keys/known_hosts" GlobalKnownHostsFile=/dev/null \
    HostKeyAlias=myc-wf-backup-target StrictHostKeyChecking=yes BatchMode=yes IdentitiesOnly=yes ConnectTimeout=10 \
    ServerAliveInterval=5 ServerAliveCountMax=3 Ciphers="$ciphers"; do
    ssh+=(-o "$option")
  done
}

progress() { printf '%s\n' "$*" >"$MYC_PROGRESS"; }

# Whether SSH itself gets through; ends the job for good where another try cannot help.
reaches_server() {
  local said exit=0
  said=$("${ssh[@]}" "$address" true </dev/null 2>&1) || exit=$?
  ((exit == 255)) || return 0
  printf '%s\n' "$said" >&2
  case $said in
    *'Permission denied'*) exit 77 ;;
    *'Host key verification failed'*) exit 76 ;;
  esac
  return 1
}

# rsync until it is through or trying again cannot help. After a cut the server's side lives on for some seconds and holds
# the mirror's lock, and a cut looks like a refusal (12, 255): SSH alone is asked first.
transfer() {
  local exit pause=2 began since=$SECONDS patience
  while :; do
    exit=0 began=$SECONDS
    nice -n 19 rsync --timeout=60 --no-human-readable -e "${ssh[*]}" "$@" </dev/null 2>"$work/stderr" || exit=$?
    cat "$work/stderr" >&2
    case $exit in
      # 24: files vanished while they were read, which the listing finds out.
      0 | 24) return 0 ;;
      10 | 12 | 30 | 35 | 255) ;;
      *)
        if grep -q 'No space left on device' "$work/stderr"; then exit 28; fi
        exit "$exit"
        ;;
    esac
    if grep -q 'No space left on device' "$work/stderr"; then exit 28; fi
    # An attempt that went on for a while did get somewhere.
    if ((SECONDS - began > 60)); then since=$SECONDS; fi
    patience=900
    if reaches_server; then patience=180; fi
    if ((SECONDS - since > patience)); then exit 75; fi
    progress "waiting for the backup server (rsync ended with $exit), $((SECONDS - since)) s"
    sleep "$pause"
    pause=$((pause < 20 ? pause * 2 : 30))
  done
}

with_progress() { # PHASE TOTAL (0: not known), then rsync's arguments
  local phase=$1 total=${2#0}
  shift 2
  progress "$phase 0 $total"
  # Rsync tells of each file, and the shell would read that byte by byte.
  transfer --info=progress2 --outbuf=N "$@" | perl -e '
    my ($phase, $total, $file) = @ARGV;
    my ($text, $bytes, $chunk, $told) = ("", undef, undef, 0);
    sub report { open(my $progress, ">", $file) or return; print $progress "$phase $bytes $total\n"; $told = time }
    while (sysread(STDIN, $chunk, 65536)) {
      $text .= $chunk;
      while ($text =~ s/^([^\r]*)\r//) { my $line = $1; $bytes = $1 if $line =~ /^\s*(\d+)\s/ }
      report() if defined $bytes && time != $told;
    }
    $bytes = $1 if $text =~ /^\s*(\d+)\s/;
    report() if defined $bytes' "$phase" "$total" "$MYC_PROGRESS"
}
