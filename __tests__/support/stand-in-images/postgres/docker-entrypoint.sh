#!/usr/bin/env bash
# What a deployment relies on in the official image's entrypoint: a cluster is made in an empty PGDATA with POSTGRES_USER,
# POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_DB and POSTGRES_INITDB_ARGS; root becomes postgres (999); other commands run as they are.
set -euo pipefail

fail() {
  echo "postgres stand-in: $*" >&2
  exit 1
}

as_root() {
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  chmod 3775 /var/run/postgresql
  find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres {} +
  HOME=/var/lib/postgresql exec setpriv --reuid postgres --regid postgres --init-groups "${BASH_SOURCE[0]}" "$@"
}

# A setting that the official image honours and this one does not would otherwise be lost without a word.
refuse_what_is_missing() {
  local variable
  for variable in $(compgen -A variable POSTGRES_); do
    case $variable in
      POSTGRES_USER | POSTGRES_PASSWORD | POSTGRES_PASSWORD_FILE | POSTGRES_DB | POSTGRES_INITDB_ARGS) ;;
      *) fail "$variable is not supported" ;;
    esac
  done
  [ ! -e /docker-entrypoint-initdb.d ] || fail "/docker-entrypoint-initdb.d is not supported"
}

# At every start, as there: a file that cannot be read ends it.
read_password_file() {
  [ -n "${POSTGRES_PASSWORD_FILE:-}" ] || return 0
  [ -z "${POSTGRES_PASSWORD:-}" ] || fail "both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set"
  POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
  export POSTGRES_PASSWORD
}

initialise() {
  refuse_what_is_missing
  [ -n "${POSTGRES_PASSWORD:-}" ] || fail "the database is not initialised: POSTGRES_PASSWORD must be set"
  local user=${POSTGRES_USER:-postgres} arguments
  local database=${POSTGRES_DB:-$user}
  read -r -a arguments <<<"${POSTGRES_INITDB_ARGS:-}"

  initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --pgdata="$PGDATA" "${arguments[@]}"
  printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"

  # A first server without any TCP port: nobody can meet the cluster half made.
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses=''" --wait start
  if [ "$database" != postgres ]; then createdb --username="$user" --maintenance-db=postgres "$database"; fi
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
}

case ${1:-} in -*) set -- postgres "$@" ;; esac

if [ "${1:-}" = postgres ]; then
  if [ "$(id -u)" = 0 ]; then as_root "$@"; fi
  read_password_file
  if [ ! -s "$PGDATA/PG_VERSION" ]; then initialise; fi
  # Not for the server, which would pass it on to what it starts.
  unset POSTGRES_PASSWORD
fi
exec "$@"
