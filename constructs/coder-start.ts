import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";

/** Delivered certificates and key, by the names of their files. */
export const CODER_FILES = {
  authority: "ca.crt",
  certificate: "access.crt",
  key: "CODER_TLS_KEY",
  databasePassword: "DATABASE_PASSWORD",
  terraform: "terraform.rc",
} as const;

/** Folder in which Terraform runs. On a volume, since providers are started from there. */
export const WORK_FOLDER = "/home/coder/work";

/** In memory. */
const BUNDLE = "/tmp/ca-certificates.crt";
const PASSWORD_FILE = "/tmp/pgpass";

/**
 * Starts Coder, which takes settings from its environment only. The database's driver reads the password from a file, so it is in no
 * environment; in such a file `\` and `:` are escaped. The platform's authority is added to those that the image trusts.
 */
export const CODER_START = `umask 077
cat /etc/ssl/certs/ca-certificates.crt ${CURRENT_FILES}/${CODER_FILES.authority} >${BUNDLE}
{ printf '*:*:*:*:'; sed 's/[\\\\:]/\\\\&/g' ${SECRETS_DIRECTORY}/${CODER_FILES.databasePassword}; } >${PASSWORD_FILE}
rm -rf ${WORK_FOLDER}
mkdir -p ${WORK_FOLDER}
export SSL_CERT_FILE=${BUNDLE} PGPASSFILE=${PASSWORD_FILE}
exec /opt/coder server`;
