# Which of a backup's accounts come back, and with which rights: an allow-list, since a backup may have been written by anybody.
# Every statement is made here, of values that were looked at, never of a row as it came.
#
# Input    {TABLE: [{COLUMN: value in base64}]}, as lib/accounts writes it
# --argjson known {TABLE: [COLUMN]} of this server, databases [NAME] that are restored, plugins [NAME] that passwords can have here
# Output   {sql: [STATEMENT], left: [TEXT]}, left being what does not come back

def unreadable: error("it is no list of accounts as this charm writes it");
def raw: if . == null then "" elif type == "string" then gsub("\n"; "") else unreadable end
  | if length % 4 == 0 and test("\\A[A-Za-z0-9+/]*={0,2}\\z") then . else unreadable end;
def text: raw | @base64d;
def rows($table): .[$table] // [] | if type == "array" and all(.[]; type == "object") then .[] else unreadable end;
def printable: gsub("[^ -~]"; "?") | .[:100];

def own_account: ascii_downcase
  | IN("", "root", "mariadb.sys", "mysql", "healthcheck", "public", "none", "current_role", "current_user") or startswith("myc-");
def plain_user: test("\\A[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,127}\\z");
def plain_host: test("\\A[A-Za-z0-9.:%_/-]{1,255}\\z");
def key: "\(.user)@\(.host)";
def called: "'\(.user | printable)'@'\(.host | printable)'";

def statement($table; $row): $row | to_entries
  | "REPLACE INTO mysql.`\($table)` (\(map("`\(.key)`") | join(", "))) VALUES (\(map("from_base64('\(.value)')") | join(", ")));";

# Numbers and words that only restrict an account; one of another kind is none that this server wrote.
def limits: {
  max_questions: "number", max_updates: "number", max_connections: "number", max_user_connections: "number",
  max_statement_time: "number", password_lifetime: "number", password_last_changed: "number", account_locked: "boolean",
  ssl_type: "number", ssl_cipher: "string", x509_issuer: "string", x509_subject: "string"
};
def odd_limits: . as $priv | [limits | to_entries[] | select($priv[.key] != null and ($priv[.key] | type) != .value) | .key];
def kept_limits: . as $priv | limits | with_entries(select($priv[.key] != null) | .value = $priv[.key]);

def password: .plugin as $plugin | (.authentication_string | strings) // ""
  | if $plugin == "mysql_native_password" then test("\\A\\*[0-9A-F]{40}\\z")
    elif $plugin == "ed25519" then test("\\A[A-Za-z0-9+/]{43}\\z") and ($plugins | index($plugin)) else false end;

# Why an account does not come back at all; nothing when it does.
def refusal:
  if .user | own_account then "is the server's own, or ours"
  elif (.user | plain_user | not) then "has other letters in its name than A-Z, digits and _ . @ + -"
  elif (.priv | type) != "object" then "cannot be read"
  elif .priv.is_role == true then (if .host == "" then empty else "is a role of one host" end)
  elif (.host | plain_host | not) then "has a host that is none"
  elif (.priv | odd_limits) != [] then "has limits that are none: \(.priv | odd_limits | join(", "))"
  elif .priv.plugin == "ed25519" and ($plugins | index("ed25519") | not) then "needs the plugin auth_ed25519, which this server has not loaded"
  elif (.priv | password | not) then "has no password of mysql_native_password or ed25519"
  else empty end;

# What an account that comes back comes without.
def losses:
  (if (.priv.access // 0) != 0 then "rights on the whole server" else empty end),
  (if .priv | has("auth_or") then "its other ways to log in" else empty end);

def privileges($roles):
  {access: 0}
  + if .priv.is_role == true then {is_role: true} else (.priv | {plugin, authentication_string} + kept_limits) end
  + if (.priv.default_role | type) == "string" and ($roles[.priv.default_role] // false) then {default_role: .priv.default_role} else {} end;

# `b\_shop` is one database, `b_shop` any of that shape: it comes back as the one that has the name.
def one_database: gsub("\\\\(?<letter>[_%\\\\])"; "\(.letter)");
def escaped: gsub("(?<letter>[_%\\\\])"; "\\\(.letter)");
def restored: . as $name | any($databases[]; . == $name);
def words($column): .[$column] | text | split(",") | map(select(test("\\A[A-Z][a-z]+( [a-z]+| [A-Z][a-z]+)*\\z")));
def without_grant: map(select(. != "Grant"));

. as $given
| if type == "object" then . else unreadable end
| [rows("global_priv") | {user: (.User | text), host: (.Host | text), priv: (.Priv | text | try fromjson catch null)}] as $accounts
| [$accounts[] | {account: ., refusal: ([refusal] | first)}] as $judged
| [$judged[] | select(.refusal == null) | .account] as $accepted
| ($accepted | map({(key): true}) | add // {}) as $keys
| ($accepted | map(select(.priv.is_role == true) | {(.user): true}) | add // {}) as $roles

# Rows of other tables, as {user, host, database, row}; those of an account that was refused were told of with it.
| def owned($table): $given | rows($table) | {user: (.User | text), host: (.Host | text), database: (.Db | text), row: .};
  def of_accepted($table): owned($table) | select($keys[key]);
  def on_restored($table): of_accepted($table) | select(.database | restored);

  [of_accepted("db") | . + {pattern: .database, database: (.database | one_database)}] as $on_databases
| [$on_databases[] | select(.database | restored)
    | . + {rights: [.row | to_entries[] | select(.key | endswith("_priv")) | select(.value | text == "Y") | .key]}] as $granted

| {
    sql: ([
      ($accepted[] | statement("global_priv"; {Host: (.host | @base64), User: (.user | @base64), Priv: (privileges($roles) | tojson | @base64)})),
      # Two rows may have been one account's rights on one database.
      ($granted | group_by([.user, .host, .database])[] | . as $same | first
        | statement("db"; {Host: (.host | @base64), User: (.user | @base64), Db: (.database | escaped | @base64)}
            + ([$same[].rights[] | select(. != "Grant_priv" and IN($known.db[]))] | unique | map({(.): ("Y" | @base64)}) | add // {}))),
      (on_restored("tables_priv") | statement("tables_priv"; (.row | {Host, Db, User, Table_name} | map_values(raw))
        + {Table_priv: (.row | words("Table_priv") | without_grant | join(",") | @base64), Column_priv: (.row | words("Column_priv") | join(",") | @base64)})),
      (on_restored("columns_priv") | statement("columns_priv"; (.row | {Host, Db, User, Table_name, Column_name} | map_values(raw))
        + {Column_priv: (.row | words("Column_priv") | join(",") | @base64)})),
      (on_restored("procs_priv") | select(.row.Routine_type | text | IN("FUNCTION", "PROCEDURE", "PACKAGE", "PACKAGE BODY"))
        | statement("procs_priv"; (.row | {Host, Db, User, Routine_name, Routine_type} | map_values(raw))
        + {Proc_priv: (.row | words("Proc_priv") | without_grant | join(",") | @base64)})),
      (of_accepted("roles_mapping") | select($roles[.row.Role | text])
        | statement("roles_mapping"; (.row | {Host, User, Role} | map_values(raw)) + {Admin_option: ("N" | @base64)}))
    ]),
    left: ([
      ($judged[] | select(.refusal != null) | "\(.account | called), which \(.refusal)"),
      ($accepted[] | called as $called | losses | "\($called): \(.)"),
      ($on_databases[] | select(.database | restored | not) | "\(called): rights on databases like \(.pattern | printable)"),
      ($granted[] | select(.pattern != (.database | escaped))
        | "\(called): rights on other databases than \(.database) that are like \(.pattern | printable)"),
      ($granted[] | select(.rights | index("Grant_priv")) | "\(called): that it may pass on its rights on \(.database)"),
      ("tables_priv", "columns_priv", "procs_priv" | . as $table | of_accepted($table)
        | (select(.database | restored | not) | "\(called): rights in the database \(.database | printable)"),
          (select(.row | [words("Table_priv")[], words("Proc_priv")[]] | index("Grant")) | "\(called): that it may pass on its rights in \(.database | printable)")),
      (of_accepted("roles_mapping") | (.row.Role | text) as $role
        | (select($roles[$role] | not) | "\(called): the role \($role | printable)"),
          (select(.row.Admin_option | text == "Y") | "\(called): that it may pass on the role \($role | printable)")),
      ("db", "roles_mapping" | owned(.) | select(key as $key | any($accounts[]; key == $key) | not)
        | "\(called): rights of an account that is not in the backup")
    ] | unique)
  }
