import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";
import { SUPERUSER_PASSWORD_FILE } from "./postgres-roles";

/** Name of the delivered psql script that brings roles and databases up to date. */
export const ROLES_FILE = "roles.sql";

/** In memory: which delivery the roles are those of. Gone with the container, so each start brings them up to date. */
const MARK = "/var/run/postgresql/sluice-roles";

/** Over TCP: during its first start the server answers on its socket before it is ready. */
const ANSWERS = "pg_isready -q -h 127.0.0.1 -U postgres";

/** Well means: it answers, and roles and databases are those of the files in force. */
export const POSTGRES_HEALTH_CHECK = `${ANSWERS} && [ "$(cat ${MARK})" = "$(readlink ${CURRENT_FILES})" ]`;

/**
 * Makes the database where there is none, by itself: the image would put the superuser's password into the environment of all that it starts.
 * Then it starts the server as the image does, and beside it what brings roles and databases up to date, over the socket, which asks the
 * server's own user for no password: once the server answers, and whenever other files are in force.
 */
export const POSTGRES_START = `apply_roles() {
  psql --no-psqlrc --host /var/run/postgresql --username postgres --file ${CURRENT_FILES}/${ROLES_FILE} postgres
}
follow_files() {
  local wanted refused=
  while true; do
    wanted=$(readlink ${CURRENT_FILES} || true)
    if [ "$wanted" != "$(cat ${MARK} 2>/dev/null)" ] && ${ANSWERS}; then
      if apply_roles && [ "$wanted" = "$(readlink ${CURRENT_FILES})" ]; then
        echo "$wanted" >${MARK}
      else
        [ "$wanted" = "$refused" ] || echo "roles and databases are not up to date, retrying every 5 s" >&2
        refused=$wanted
        sleep 5
      fi
    fi
    sleep 1
  done
}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username=postgres --pwfile=${SECRETS_DIRECTORY}/${SUPERUSER_PASSWORD_FILE} --pgdata="$PGDATA" \\
    --auth-local=trust --auth-host=scram-sha-256 --data-checksums
  printf '\\nhost all all all scram-sha-256\\n' >>"$PGDATA/pg_hba.conf"
fi
(follow_files &)
exec docker-entrypoint.sh postgres`;
