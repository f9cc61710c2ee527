import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ContainerImage } from "./container-image";
import { ContainerService } from "./container-service";
import { DataVolume } from "./data-volume";
import { postgresRolesScript } from "./postgres-roles";
import type { Secret } from "./secret";

/** A service's own database on the shared server. */
export interface Database {
  /** Connection URL with the role's password: a reference, not the value. */
  readonly url: string;
  /** Depend on this, and role and database exist before you start. */
  readonly ready: ITerraformDependable;
}

/** Props of `Postgres`. `D` are the names of the databases. */
export interface PostgresProps<D extends string> {
  readonly image: ContainerImage;
  /** Network that services share with the server. It should be internal. */
  readonly network: Network;
  readonly superuserPassword: Secret;
  /** Database (and role) name → the role's password. */
  readonly databases: Readonly<Record<D, Secret>>;
  readonly memoryMegabytes: number;
  /** @default - no limit */
  readonly cpus?: number;
}

/** One Postgres server with one role and one database per service. No service can read another's. */
export class Postgres<D extends string> extends Construct {
  /** Host name on `network`. */
  readonly host = "postgres";
  readonly port = 5432;
  private readonly roles: ContainerService;
  private readonly databases: Readonly<Record<D, Secret>>;

  constructor(scope: Construct, id: string, props: PostgresProps<D>) {
    super(scope, id);
    const { image, network, superuserPassword, databases, memoryMegabytes, cpus } = props;
    this.databases = databases;

    const server = new ContainerService(this, "server", {
      name: "postgres",
      image,
      networks: [{ network, aliases: [this.host] }],
      memoryMegabytes,
      cpus,
      // Over TCP on purpose: during its first start the server answers on the socket before it is ready.
      lifetime: {
        service: {
          test: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"],
          intervalSeconds: 2,
          retries: 15,
        },
      },
      env: { POSTGRES_PASSWORD: superuserPassword.expose(), POSTGRES_INITDB_ARGS: "--data-checksums" },
      volumes: { "/var/lib/postgresql/data": new DataVolume(this, "data") },
      tmpfs: { "/tmp": "rw,nosuid,size=64m", "/var/run/postgresql": "rw,nosuid,size=1m,mode=3775" },
      // The image starts as root, takes over the data folder and then drops to its own user.
      capabilities: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_SETUID", "CAP_SETGID"],
      // SIGINT is Postgres' fast shutdown: sessions are cut, nothing committed is lost.
      stopSignal: "SIGINT",
      stopGraceSeconds: 60,
    });

    const grants = Object.keys(databases).map((name) => ({
      name,
      passwordEnv: `${name.toUpperCase()}_PASSWORD`,
      connectionLimit: 50,
    }));
    this.roles = new ContainerService(this, "roles", {
      name: "postgres-roles",
      image,
      networks: [{ network }],
      memoryMegabytes: 64,
      lifetime: { runsOnce: true },
      user: "postgres",
      entrypoint: ["psql"],
      command: [
        "--no-psqlrc",
        "--host",
        this.host,
        "--username",
        "postgres",
        "--file",
        "/sluice/roles.sql",
        "postgres",
      ],
      env: {
        PGPASSWORD: superuserPassword.expose(),
        PGCONNECT_TIMEOUT: "10",
        ...Object.fromEntries(
          grants.map((grant) => [grant.passwordEnv, databases[grant.name as D].expose()]),
        ),
      },
      files: { "/sluice/roles.sql": postgresRolesScript(grants) },
      dependsOn: [server.container],
    });
  }

  /** The database of one service. */
  database(name: D): Database {
    const url = `postgres://${name}:${this.databases[name].expose()}@${this.host}:${this.port}/${name}`;
    return { url, ready: this.roles.container };
  }
}
