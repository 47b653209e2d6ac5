# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # restore-databases.sh sets container, dumps and marks; jq and awk have words of their own
# What a dump says of itself, and pg_restore of what it could not make. Nothing that stands in a dump is run here.

# Of the list of a dump, which pg_restore prints: {mode, owner, owners, ids, schemas, later, extensions, guarded, set}.
#   mode              empty: there is nothing to restore; one: all of it is its owner's; several: of several roles, or of a superuser
#   owner             whom the database is to belong to: found's, or else whom the list names
#   owners            those roles among $services that own something in it
#   ids               of the entries to restore, in their order; `later` come behind the others, and `schemas` [{id, name, owner}] before
#   guarded, set      whether the database has rights and settings of its own
# In one line of it are an id, two numbers, what it is, its schema, its name and its owner; the last three may have spaces in them.
list_program='
def words: split(" ");
def is(pattern): test("^(" + pattern + ") ");
($services | map({(.): true}) | add // {}) as $known
| ($services | map(select(contains(" "))) | sort_by(-length)) as $spaced
| [inputs | capture("^(?<id>[0-9]+); (?<catalog>[0-9]+) [0-9]+ (?<text>.*)$")
  | .text as $text
  | .owner = (if $text | endswith(" ") then null
      else first(($spaced[] | . as $role | select($text | endswith(" " + $role))), ($text | words | last)) end)
  | .of_database = (.catalog == "1262" or ($text | is("DATABASE PROPERTIES|(ACL|COMMENT|SECURITY LABEL) - DATABASE")))
  | .of_public = ($text | is("SCHEMA - public|ACL - SCHEMA public"))
  # What the extensions bring along, and what a new database has of itself, which a superuser owned before PostgreSQL 15.
  | .made = (.catalog == "3079" or ($text | is("COMMENT - EXTENSION|COMMENT - SCHEMA public")) or
      (.of_public and .catalog == "2615" and .owner != null and ($known | has($text | words | last) | not)))
] as $all
| [$all[] | select((.of_database or .made) | not)] as $wanted
| ([$wanted[] | select(.of_public and (.catalog == "0" or .owner == "pg_database_owner") | not) | .owner | select(. != null)] | unique) as $owners
| ($found.owner // ([$all[] | select(.catalog == "1262") | .owner] | first)) as $owner
| (if $owner != null and ($known | has($owner)) then $owner else null end) as $owner
| {
  owner: $owner,
  mode: (if $wanted == [] then "empty" elif $owner != null and $owners - [$owner] == [] then "one" else "several" end),
  owners: [$owners[] | select(. as $one | $known | has($one))],
  ids: [$wanted[].id],
  schemas: [$wanted[] | select(.catalog == "2615") | {id, owner, name: (.text | words[2])}],
  later: [$wanted[] | select((.catalog | IN("826", "3466")) or (.catalog == "0" and (.text | is("ACL|MATERIALIZED VIEW DATA")))) | .id],
  extensions: [$all[] | select(.catalog == "3079") | {id, name: (.text | words[2])}],
  complete: all($all[]; .of_database or (.made | not)),
  guarded: any($all[]; .text | is("ACL - DATABASE")),
  set: any($all[]; .text | is("DATABASE PROPERTIES"))
}'

# judge_errors FILE SERVICES LEFT KEEPER: of what pg_restore said while it went on, prints a line for each thing that only a superuser can make, and
# for what needs it. Returns 1 at an error of another kind, or of the data itself. SERVICES are the roles that are no
# superusers, LEFT how many extensions were not made, KEEPER who gets what a superuser owned.
judge_errors() {
  awk -v services="$2" -v needed="$3" -v keeper="$4" '
    BEGIN { while ((getline role < services) > 0) known[role] = 1 }
    /^pg_restore: .*from TOC entry [0-9]+; / {
      entry = $0
      sub(/^.*from TOC entry [0-9]+; [0-9]+ [0-9]+ /, "", entry)
      next
    }
    !/^pg_restore: error: / { next }
    {
      data = entry ~ /^(TABLE|SEQUENCE|BLOB|LARGE OBJECT)/
      if (match($0, /ERROR:  must be (able to SET ROLE|member of role) ".*"$/)) {
        role = substr($0, RSTART, RLENGTH)
        sub(/^[^"]*"/, "", role)
        sub(/"$/, "", role)
        if (!(role in known)) { owned[role] = 1; next }
      } else if (entry ~ /^SCHEMA / && $0 ~ /ERROR:  schema ".*" already exists/) {
        # An extension is in it.
        next
      } else if ($0 ~ /ERROR:  (permission denied|must be|only superuser|no security label providers)/ && (!data || entry ~ /^TABLE DATA/)) {
        if (!data || $0 ~ /permission denied for table/) { name(entry); needed = 1; next }
      } else if (!data && needed && $0 ~ /does not exist/) {
        name(entry)
        next
      }
      bad = 1
      exit
    }
    function name(entry, kind) {
      if (entry in named) return
      named[entry] = 1
      match(entry, /^[A-Z][A-Z ]*[A-Z]/)
      kind = tolower(substr(entry, 1, RLENGTH))
      entry = substr(entry, RLENGTH + 2)
      sub(/^- /, "", entry)
      sub(/ [^ ]*$/, "", entry)
      print kind " " entry ", which only a superuser can make"
    }
    END {
      for (role in owned) print "the superuser " role " as an owner; what was its own belongs to " keeper
      exit bad
    }' "$1"
}

# SQL that an archive holds for the entries with these numbers; it is read here, and run nowhere.
sql_of() { # FILE IDS [ARGUMENT…]
  postgres_run "$container" 'ids=$1
shift
exec pg_restore --file=- --use-list=/dev/fd/3 "$@" 3<<LIST
$ids
LIST' "${@:2}" <"$dumps/$1"
}

# The database's entry of databases.json; of a backup that has none what the archive says, word by word.
find_properties() { # DATABASE FILE
  local found='{}' ids sql guarded=false locale
  if [ -e "$dumps/databases.json" ]; then
    found=$(jq -c --arg name "$1" 'first(.[] | select(.name == $name)) // {}' "$dumps/databases.json")
  fi
  ids=$(sed -nE 's/^([0-9]+); 1262 .*/\1/p' "$marks/$2.list")
  if [ "$found" != '{}' ] || [ -z "$ids" ]; then
    printf '%s\n' "$found"
    return
  fi
  sql=$(sql_of "$2" "$ids" --create --schema-only | grep -a '^CREATE DATABASE ' | head -n 1)
  say() { sed -nE "s/.* $1 = '?([A-Za-z0-9_.@-]+).*/\\1/p" <<<"$sql"; }
  if grep -qaE '^[0-9]+; 0 0 ACL - DATABASE ' "$marks/$2.list"; then guarded=true; fi
  locale=$(say LOCALE)
  jq -nc --arg encoding "$(say ENCODING)" --arg collate "$(say LC_COLLATE)" --arg ctype "$(say LC_CTYPE)" --arg all "$locale" \
    --arg own "$(say '(ICU|BUILTIN)_LOCALE' | head -n 1)" --arg provider "$(say LOCALE_PROVIDER)" --argjson guarded "$guarded" '
    def either($a; $b): if $a == "" then $b else $a end;
    {encoding: $encoding, collate: either($collate; $all), ctype: either($ctype; $all), locale: $own,
      provider: {libc: "c", icu: "i", builtin: "b"}[$provider]} + if $guarded then {acl: []} else {} end'
}

# Name, schema and the schema's owner of each extension, one a line. Which schema it is stands in the archive's SQL.
find_extensions() { # FILE LIST KEEPER
  local sql='' ids
  ids=$(jq -r '.extensions[].id' <<<"$2")
  [ -n "$ids" ] || return 0
  if [ "$(jq '.schemas | length' <<<"$2")" != 0 ]; then
    sql=$(sql_of "$1" "$ids" | grep -a '^CREATE EXTENSION ' || true)
  fi
  jq -r --arg sql "$sql" --arg keeper "$3" '
    ([$sql | split("\n")[]
      | capture("^CREATE EXTENSION IF NOT EXISTS \"?(?<key>[a-z0-9_-]+)\"? WITH SCHEMA \"?(?<value>[A-Za-z0-9_-]+)\"?;$")] | from_entries) as $in
    | . as $list | .extensions[] | ($in[.name] // "public") as $schema
    | .name, $schema, (first($list.schemas[] | select(.name == $schema) | .owner | select(IN($list.owners[]))) // $keeper)' <<<"$2"
}
