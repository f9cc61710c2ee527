import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";

/** Name of the delivered psql script that brings roles and databases up to date. */
export const ROLES_FILE = "roles.sql";

/** In memory: which delivery the roles are those of. Gone with the container, so each start brings them up to date. */
const MARK = "/var/run/postgresql/sluice-roles";

/** Over TCP: during its first start the server answers on its socket before it is ready. */
const ANSWERS = "pg_isready -q -h 127.0.0.1 -U postgres";

/** Well means: it answers, and roles and databases are those of the files in force. */
export const POSTGRES_HEALTH_CHECK = `${ANSWERS} && [ "$(cat ${MARK})" = "$(readlink ${CURRENT_FILES})" ]`;

/**
 * Starts the server as the image does, and beside it what brings roles and databases up to date, over the socket, which asks the
 * server's own user for no password: once the server answers, and whenever other files are in force.
 */
export const POSTGRES_START = `apply_roles() (
  for file in ${SECRETS_DIRECTORY}/*; do
    value=$(cat "$file") || exit
    export -- "$(basename "$file")=$value"
  done
  exec psql --no-psqlrc --host /var/run/postgresql --username postgres --file ${CURRENT_FILES}/${ROLES_FILE} postgres
)
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
(follow_files &)
exec docker-entrypoint.sh postgres`;
