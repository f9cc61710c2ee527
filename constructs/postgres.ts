import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { ContainerImage } from "./container-image";
import { ContainerService } from "./container-service";
import { DataVolume } from "./data-volume";
import { DeliveredFiles } from "./delivered-files";
import { literalText } from "./literal-text";
import { postgresRolesScript, SUPERUSER_PASSWORD_FILE } from "./postgres-roles";
import { POSTGRES_HEALTH_CHECK, POSTGRES_START, ROLES_FILE } from "./postgres-start";
import type { Secret } from "./secret";

/** A service's own database on the shared server. */
export interface Database {
  /** Connection URL without a password. */
  readonly url: string;
  readonly password: Secret;
  /** Depend on this, and role and database exist before you start. */
  readonly ready: ITerraformDependable;
  /**
   * Changes passwords only after a service has got the new ones: it goes on with the former one until the server takes the new one,
   * and would have none to go on with the other way round.
   */
  readonly changeAfter: (delivered: TerraformResource) => void;
}

/** How a service uses its database. */
export interface DatabaseUse {
  readonly password: Secret;
  /** Most connections at a time. */
  readonly connectionLimit: number;
}

/** Props of `Postgres`. `D` are the names of the databases. */
export interface PostgresProps<D extends string> {
  readonly image: ContainerImage;
  /** Network that services share with the server. It should be internal. */
  readonly network: Network;
  readonly superuserPassword: Secret;
  /** By the name of database and role. Together they may have 97 connections: the server has 100 and keeps 3 for the superuser. */
  readonly databases: Readonly<Record<D, DatabaseUse>>;
  readonly memoryMegabytes: number;
  /** @default - no limit */
  readonly cpus?: number;
}

/**
 * One Postgres server with one role and one database per service. No service can read another's. The container brings roles and
 * databases up to date by itself, at each start and whenever a password or the list of databases changes; it is not replaced for that.
 */
export class Postgres<D extends string> extends Construct {
  /** Host name on `network`. */
  readonly host = "postgres";
  readonly port = 5432;
  private readonly ready: ITerraformDependable;
  private readonly files: DeliveredFiles;
  private readonly databases: Readonly<Record<D, DatabaseUse>>;

  constructor(scope: Construct, id: string, props: PostgresProps<D>) {
    super(scope, id);
    const { image, network, superuserPassword, databases, memoryMegabytes, cpus } = props;
    this.databases = databases;
    const grants = Object.entries<DatabaseUse>(databases).map(([name, { password, connectionLimit }]) => ({
      name,
      password,
      connectionLimit,
      passwordFile: `${name.toUpperCase()}_PASSWORD`,
    }));
    this.files = new DeliveredFiles(this, "files", {
      service: "postgres",
      image,
      reader: "postgres",
      files: { [ROLES_FILE]: postgresRolesScript(grants) },
      secrets: {
        [SUPERUSER_PASSWORD_FILE]: superuserPassword,
        ...Object.fromEntries(grants.map(({ passwordFile, password }) => [passwordFile, password])),
      },
    });

    this.ready = new ContainerService(this, "server", {
      name: "postgres",
      image,
      networks: [{ network, aliases: [this.host] }],
      memoryMegabytes,
      cpus,
      lifetime: {
        service: { test: ["CMD-SHELL", POSTGRES_HEALTH_CHECK], intervalSeconds: 2, retries: 15 },
      },
      user: "postgres",
      // What follows the files is no child of the server, which would take its end for the crash of a session.
      init: true,
      entrypoint: ["bash", "-euc", literalText(POSTGRES_START)],
      files: { from: this.files, onChange: "follow" },
      // A new volume takes over the folder's owner in the image.
      volumes: { "/var/lib/postgresql/data": new DataVolume(this, "data") },
      // The mount takes over the folder's mode in the image, but not its owner: 999 is postgres.
      tmpfs: {
        "/tmp": "rw,nosuid,size=64m",
        "/var/run/postgresql": "rw,nosuid,size=1m,mode=3775,uid=999,gid=999",
      },
      // SIGINT is Postgres' fast shutdown: sessions are cut, nothing committed is lost.
      stopSignal: "SIGINT",
      stopGraceSeconds: 60,
    }).container;
  }

  /** The database of one service. */
  database(name: D): Database {
    const url = `postgres://${name}@${this.host}:${this.port}/${name}`;
    const changeAfter = ({ terraformResourceType, friendlyUniqueId }: TerraformResource) => {
      const { delivered } = this.files;
      delivered.dependsOn = [...(delivered.dependsOn ?? []), `${terraformResourceType}.${friendlyUniqueId}`];
    };
    return { url, password: this.databases[name].password, ready: this.ready, changeAfter };
  }
}
