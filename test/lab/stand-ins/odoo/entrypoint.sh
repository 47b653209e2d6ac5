#!/bin/bash
# As odoo:14 starts: the database's place from the variables where odoo.conf has none, and Odoo once it answers.
set -e
: "${HOST:=db}" "${PORT:=5432}" "${USER:=odoo}" "${PASSWORD:=odoo}"

arguments=()
setting() {
  local value
  value=$(sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$ODOO_RC" | head -n 1)
  arguments+=("--$1" "${value:-$2}")
}
setting db_host "$HOST"
setting db_port "$PORT"
setting db_user "$USER"
setting db_password "$PASSWORD"

case ${1:-} in
  -- | odoo)
    shift
    if [ "${1:-}" = scaffold ]; then exec odoo "$@"; fi
    wait-for-psql.py "${arguments[@]}" --timeout=30
    exec odoo "$@" "${arguments[@]}"
    ;;
  -*)
    wait-for-psql.py "${arguments[@]}" --timeout=30
    exec odoo "$@" "${arguments[@]}"
    ;;
  *) exec "$@" ;;
esac
