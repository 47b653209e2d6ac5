# shellcheck shell=bash
# The accounts of the backup server. What lasts is under $state, one folder for each ident:
#   uid     the account's number, never used again
#   push    public keys that may write the mirror
#   read    `EXPIRY KEY` lines: keys of recoveries, which may read it until then

state=/var/lib/rsync-backup-target
mirrors=/var/mirror
authorized=/run/authorized_keys

# The login of an ident: a name is too long or has dots for an account, so it is made of the ident's digest.
account_of() {
	local digest
	digest=$(printf '%s' "$1" | sha256sum)
	printf 'm%s\n' "${digest:0:15}"
}

# ensure_account IDENT: the account, its own uid and its own directory, as they are in $state.
ensure_account() {
	local ident=$1 account uid
	account=$(account_of "$ident")
	mkdir -p "$state/idents/$ident"
	if [ ! -s "$state/idents/$ident/uid" ]; then
		uid=$(cat "$state/last-uid" 2>/dev/null || echo 20000)
		uid=$((uid + 1))
		printf '%s\n' "$uid" >"$state/last-uid.new"
		mv -- "$state/last-uid.new" "$state/last-uid"
		printf '%s\n' "$uid" >"$state/idents/$ident/uid.new"
		mv -- "$state/idents/$ident/uid.new" "$state/idents/$ident/uid"
	fi
	uid=$(cat "$state/idents/$ident/uid")
	getent group "$account" >/dev/null || groupadd --gid "$uid" "$account"
	getent passwd "$account" >/dev/null ||
		useradd --uid "$uid" --gid "$uid" --groups mirror --no-create-home --home-dir / --shell /bin/sh --password '*' "$account"
	# The account may open up its own directory (rsync copies modes), so the one around it is root's and shuts the others out.
	mkdir -p "$mirrors/$ident/current"
	chown "root:$uid" "$mirrors/$ident"
	chmod 0750 "$mirrors/$ident"
	chown "$uid:$uid" "$mirrors/$ident/current"
	write_keys "$ident"
}

# write_keys IDENT: the keys in $state -> the file sshd reads, each with the one command it may run.
write_keys() {
	local ident=$1 account expiry key
	account=$(account_of "$ident")
	{
		if [ -f "$state/idents/$ident/push" ]; then
			while IFS= read -r key; do
				printf 'restrict,command="/usr/bin/rrsync -wo %s" %s\n' "$mirrors/$ident/current" "$key"
			done <"$state/idents/$ident/push"
		fi
		if [ -f "$state/idents/$ident/read" ]; then
			while read -r expiry key; do
				printf 'restrict,expiry-time="%s",command="/usr/bin/rrsync -ro %s" %s\n' "$expiry" "$mirrors/$ident/current" "$key"
			done <"$state/idents/$ident/read"
		fi
	} >"$authorized/.new"
	chmod 0644 "$authorized/.new"
	mv -- "$authorized/.new" "$authorized/$account"
}
