import { SECRETS_DIRECTORY } from "../files-directory";
import { literalText } from "../literal-text";
import { SUPERUSER_PASSWORD_ENV } from "../postgres-roles";
import { POSTGRES_HEALTH_CHECK, POSTGRES_START } from "../postgres-start";
import type { ServiceDefinition } from "../service-definition";

/** The shared database server. Version 18 moved its data folder (docker-library/postgres#1259), so it stays on 17. */
export const POSTGRES = {
  name: "postgres",
  title: "Postgres",
  summary: "one server with a role and a database for each service that needs one",
  image: { reference: "postgres:17.7-bookworm" },
  memoryMegabytes: 1024,
  networks: { data: ["postgres"] },
  health: { test: ["CMD-SHELL", POSTGRES_HEALTH_CHECK], intervalSeconds: 2, retries: 15 },
  secrets: {
    postgres_superuser_password: {
      kind: "password",
      description: "Postgres superuser. Only the server itself uses it.",
      variable: SUPERUSER_PASSWORD_ENV,
    },
  },
  // A new volume takes over the folder's owner in the image.
  volumes: { data: "/var/lib/postgresql/data" },
  files: { reader: "postgres", onChange: "follow" },
  container: {
    user: "postgres",
    // What follows the files is no child of the server, which would take its end for the crash of a session.
    init: true,
    entrypoint: ["bash", "-euc", literalText(POSTGRES_START)],
    env: {
      [`${SUPERUSER_PASSWORD_ENV}_FILE`]: `${SECRETS_DIRECTORY}/${SUPERUSER_PASSWORD_ENV}`,
      POSTGRES_INITDB_ARGS: "--data-checksums",
    },
    // The mount takes over the folder's mode in the image, but not its owner: 999 is postgres.
    tmpfs: {
      "/tmp": "rw,nosuid,size=64m",
      "/var/run/postgresql": "rw,nosuid,size=1m,mode=3775,uid=999,gid=999",
    },
    // SIGINT is Postgres' fast shutdown: sessions are cut, nothing committed is lost.
    stopSignal: "SIGINT",
    stopGraceSeconds: 60,
  },
} as const satisfies ServiceDefinition;
