# shellcheck shell=bash
# How hooks and actions reach what a container or a backup may have filled: through no link (files.pl). Sourced by helpers.sh.

# Below the folder that holds data and configuration no part of a path is trusted.
_files() {
	local below=/srv/datastore store
	for store in "${DATASTORE:-}" "${CONFIGSTORE:-}" "${SERVICE_DATASTORE:+${SERVICE_DATASTORE%/*}}" "${SERVICE_CONFIGSTORE:+${SERVICE_CONFIGSTORE%/*}}"; do
		if [ -n "$store" ]; then below+=$'\n'${store%/*}/; fi
	done
	FILES_BELOW=$below perl "$CHARM_LIBRARY/files.pl" "$@"
}

# write-config FILE [MODE [OWNER]]: standard input becomes the file, in one step and through no link, and folders on the way are
# made; one that is right already stays untouched. MODE is 0644 and OWNER (a number, as docker_get_uid gives it) root's when left out.
write-config() { _files write "$1" "${2:-}" "${3:-}"; }

# make-folder FOLDER [MODE [OWNER]]: makes the folder and those on the way, through no link; without MODE and OWNER it keeps its own.
make-folder() { _files folder "$1" "${2:-}" "${3:-}"; }

# remove-path PATH…: removes files, or folders with all in them, through no link; what is not there is no fault.
remove-path() {
	local path
	for path in "$@"; do _files remove "$path" || return; done
}

# read-file FILE: prints a file that is reached through no link.
read-file() { _files read "$1"; }

# read-beneath FOLDER PATH: prints a file below the folder; its links count as long as they stay below the folder.
read-beneath() { _files read-beneath "$1" "$2"; }

# run-in FOLDER PROGRAM [ARGUMENT…]: runs a program inside the folder, which is reached through no link: names without a slash
# then lead through none.
run-in() { _files in "$@"; }

# append-log FILE BYTES PROGRAM [ARGUMENT…]: runs a program whose output goes to the end of a log; a log of more BYTES than that
# is kept as FILE.1 before.
append-log() { _files append "$@"; }

# own-tree FOLDER OWNER: all in the folder belongs to the owner (a number); links themselves, never what they lead to. Nothing
# is done where the folder and what is right in it do so already.
own-tree() { _files own "$1" "$2"; }

# refuse-links PATH…: returns 1, with the name of it, when something on the way is a link: for what docker mounts by its path.
refuse-links() { _files check "$@"; }

# action-state: makes the folder for what an action has to know in its next run, for root only and in no container, and prints it.
action-state() {
	local folder=${MYC_ACTIONS:-/var/lib/myc-wf/actions}/$SERVICE_NAME
	_files folder "$folder" 0700 && printf '%s\n' "$folder"
}

export -f write-config make-folder remove-path read-file read-beneath run-in append-log own-tree refuse-links action-state

# A part of the above, which runs in the hooks' own shells too.
export -f _files
