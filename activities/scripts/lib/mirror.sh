# shellcheck shell=bash disable=SC2154,SC2034
# The mirror of this host; goes after transfer.sh. Both scripts that use it read lines from standard input:
#   dir PATH           what is mirrored
#   exclude PATTERN    what is not
#   manifest JSON      the manifest's head
backup=/var/lib/myc-wf/backup
connect /etc/myc-wf/backup /var/lib/myc-wf/backup-work "$1" "$2" "$3"
mkdir -p -- "$backup"
# Another attempt, told of other containers, may still go on.
exec 7>"$work/lock"
flock 7
sources=() gone=() filters=() head=
while IFS= read -r line; do
  value=${line#* }
  case ${line%% *} in
    dir) if [ -e "$value" ]; then sources+=("$value"); else gone+=("$value"); fi ;;
    exclude) filters+=("--exclude=$value") ;;
    manifest) head=$value ;;
  esac
done

mirror() { # transfer, or with_progress and its words; rsync's further arguments
  "$@" "${as_it_is[@]}" -R --delete-delay --delete-excluded --delay-updates "${filters[@]}" "${sources[@]}" "$server:/"
}

# $work/paths: every path of the mirror as rsync itself chooses it, behind a letter for its type (f, d, L, S for what cannot
# be mirrored), NUL after each. $work/NAME: of the regular files `SIZE MTIME CTIME INODE TAB PATH`, sorted.
scan() { # NAME
  rsync --dry-run -aHR --no-D -8 --info=nonreg --out-format='%i %n' "${filters[@]}" "${sources[@]}" "$work/nothing/" </dev/null |
    perl -ne 'chomp; s/^skipping non-regular file "(.*)"$/ S $1/ || s/^[<>ch.*]([fdLDS]).{9} /$1 / || next; s/^(?:(.) | (.) )\/?/$1$2/;
      s/\\#([0-7]{3})/chr oct $1/ge; print "$_\0"' >"$work/paths"
  perl -0ne 'print if s/^f//' "$work/paths" | states >"$work/$1"
}

states() { # of the names on standard input that are still there
  { (cd / && xargs -0 -r stat --printf='%s %.9Y %.9Z %i\t%n\0' -- 2>/dev/null) || true; } | sort -z
}
