import type { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { ConnectionBudget } from "./connection-budget";
import type { Database } from "./database";
import { type DatabaseGrant, postgresRolesScript } from "./postgres-roles";
import { ROLES_FILE } from "./postgres-start";
import { Secret } from "./secret";
import { Service, type ServiceProps } from "./service";
import { SERVICES } from "./service-catalog";
import { databaseSecret } from "./service-definition";
import { POSTGRES } from "./services/postgres";

const PORT = 5432;
/** Of a database that no service of the catalogue has. */
const DEFAULT_CONNECTIONS = 10;

/**
 * One Postgres server with one role and one database per service. No service can read another's. The container brings roles and
 * databases up to date by itself, at each start and whenever a password or the list of databases changes; it is not replaced for that.
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * const postgres = new Postgres(stack, "postgres", {
 *   networks: [{ network: networks.data, aliases: ["postgres"] }],
 *   resources: { memoryMegabytes: 2048 },
 * });
 * const reports = postgres.database("reports", { connections: 5 });
 */
export class Postgres extends Service {
  readonly #budget = new ConnectionBudget();
  readonly #databases = new Map<string, { readonly database: Database; readonly grant: DatabaseGrant }>();

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id, POSTGRES, props, () => ({ files: { [ROLES_FILE]: postgresRolesScript([]) } }));
  }

  /**
   * The database `name`, with a role and a generated password of its own; made when it is asked for first.
   * @param name lower-case letters, digits and underscores
   * @param options connections: most of them at a time. @default - as the service is defined whose database it is, else 10
   * @throws Error when the server has not as many connections left
   */
  database(name: string, { connections }: { readonly connections?: number } = {}): Database {
    const known = this.#databases.get(name);
    if (known !== undefined) return known.database;
    const limit =
      connections ??
      SERVICES.find(({ database }) => database?.name === name)?.database?.connections ??
      DEFAULT_CONNECTIONS;
    const grant = {
      name,
      passwordEnv: `${name.toUpperCase()}_PASSWORD`,
      connectionLimit: this.#budget.take(name, limit),
    };
    const database: Database = {
      url: `postgres://${name}@${POSTGRES.name}:${PORT}/${name}`,
      password: Secret.generated(this, databaseSecret(name), `Postgres role of ${name}.`),
      ready: this.ready,
      changeAfter: (delivered) => this.#deliverAfter(delivered),
    };
    this.#databases.set(name, { database, grant });
    this.#deliver();
    return database;
  }

  #deliver(): void {
    const all = [...this.#databases.values()];
    this.files?.replaceContents({
      files: { [ROLES_FILE]: postgresRolesScript(all.map(({ grant }) => grant)) },
      secrets: {
        ...this.secrets,
        ...Object.fromEntries(all.map(({ database, grant }) => [grant.passwordEnv, database.password])),
      },
    });
  }

  #deliverAfter({ terraformResourceType, friendlyUniqueId }: TerraformResource): void {
    const delivered = this.files?.delivered;
    if (delivered === undefined) return;
    delivered.dependsOn = [...(delivered.dependsOn ?? []), `${terraformResourceType}.${friendlyUniqueId}`];
  }
}
