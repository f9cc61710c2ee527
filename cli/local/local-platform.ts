import { writeFileSync } from "node:fs";
import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";
import { keyPolicy, renderKeyProvisionerConfig } from "../../constructs/key-provisioner-config";
import type { Progress } from "../terminal/progress";
import type { DataFolder } from "./data-folder";
import { databaseUrl, ensureDatabases, type ServiceDatabase } from "./databases";
import { createDemoKey } from "./demo-key";
import { providersWithCredentials, renderLocalGatewayConfig } from "./gateway-config";
import { type LocalSecrets, openLocalSecrets } from "./local-secrets";
import { localServices } from "./local-services";
import { findFreePort, LOOPBACK } from "./port";
import { initialise, isInitialised, type PostgresProps, startPostgres, superuserClient } from "./postgres";
import { choosePostgresAccount } from "./postgres-account";
import { findPostgresBinaries } from "./postgres-binaries";
import { clearPostmaster } from "./postmaster";
import type { StartScreen } from "./start-screen";
import { type Part, Supervisor, type SupervisorEvents } from "./supervisor";

/** What local mode starts with. Its ports are free and its data folder is locked. */
export interface LocalPlatformProps {
  readonly config: PlatformConfig;
  readonly folder: DataFolder;
  readonly ports: { readonly gateway: number; readonly keyProvisioner: number; readonly postgres: number };
  readonly progress: Progress;
  readonly events: SupervisorEvents;
}

/** Postgres, the key-provisioner, the gateway and, without a credential, a simulated provider on this machine. */
export class LocalPlatform {
  private readonly secrets: LocalSecrets;
  private readonly databases: Readonly<Record<"gateway" | "keyProvisioner", ServiceDatabase>>;
  private readonly postgres: PostgresProps;
  private readonly providers: readonly string[];
  private readonly supervisor: Supervisor;
  private readonly services: readonly Part[];

  private constructor(
    private readonly props: LocalPlatformProps,
    freePort: number,
  ) {
    const { folder, ports, config, events } = props;
    this.secrets = openLocalSecrets(folder);
    this.databases = {
      gateway: { name: "gateway", password: this.secrets.gatewayPassword },
      keyProvisioner: { name: "key_provisioner", password: this.secrets.keyProvisionerPassword },
    };
    this.postgres = preparePostgres(folder, ports.postgres, this.secrets.superuserPassword);
    this.providers = providersWithCredentials(config.providers);
    const simulatedPort = this.providers.length === 0 ? freePort : undefined;
    const simulatedUrl = simulatedPort === undefined ? undefined : `http://${LOOPBACK}:${simulatedPort}`;
    writeFileSync(folder.gatewayConfig, renderLocalGatewayConfig(config, simulatedUrl), { mode: 0o600 });
    writeFileSync(folder.keyProvisionerConfig, renderKeyProvisionerConfig(keyPolicy(config)), {
      mode: 0o600,
    });
    this.services = localServices({
      config,
      gatewayPort: ports.gateway,
      gatewayUrl: this.gatewayUrl,
      gatewayConfigFile: folder.gatewayConfig,
      gatewayDatabaseUrl: databaseUrl(this.databases.gateway, ports.postgres),
      gatewayJournal: folder.journal,
      secrets: this.secrets,
      keyProvisionerPort: ports.keyProvisioner,
      keyProvisionerConfigFile: folder.keyProvisionerConfig,
      keyProvisionerDatabaseUrl: databaseUrl(this.databases.keyProvisioner, ports.postgres),
      simulatedPort,
      logs: folder.logs,
    });
    this.supervisor = new Supervisor(
      [{ name: "postgres", launch: () => this.launchPostgres() }, ...this.services],
      events,
    );
  }

  /** Makes the secrets and the gateway's configuration; starts nothing yet. @throws UserError */
  static async open(props: LocalPlatformProps): Promise<LocalPlatform> {
    return new LocalPlatform(props, await findFreePort());
  }

  /** Starts all of it. @returns what to show the user */
  async start(): Promise<StartScreen> {
    const { progress, config, folder, ports } = this.props;
    if (!isInitialised(folder.postgres)) {
      await progress.step("database made", () => initialise(this.postgres));
    }
    // The others load while the database starts. They come to it when it is there.
    const services = Promise.all(this.services.map(({ name }) => this.supervisor.start(name)));
    services.catch(() => {});
    await progress.step(`database on port ${ports.postgres}`, () => this.startDatabase());
    await progress.step(listOf(this.services.map(({ name }) => name)), () => services);
    const demoKey = await progress.step("demo key", () =>
      createDemoKey(this.gatewayUrl, this.secrets.masterKey),
    );
    return {
      gatewayUrl: this.gatewayUrl,
      provisionerUrl: `http://${LOOPBACK}:${ports.keyProvisioner}`,
      providers: this.providers,
      credentials: credentialNames(config.providers),
      demoKey,
      model: config.models[0]?.name ?? "",
      dataFolder: folder.root,
      logs: folder.logs,
    };
  }

  /** Stops all of it: gateway, key-provisioner, simulated provider, database. @param hurry waits for no open work */
  stop(hurry = false): Promise<void> {
    return this.supervisor.stop(hurry);
  }

  private get gatewayUrl(): string {
    return `http://${LOOPBACK}:${this.props.ports.gateway}`;
  }

  private async startDatabase(): Promise<void> {
    await this.supervisor.start("postgres");
    await ensureDatabases(() => superuserClient(this.postgres), Object.values(this.databases));
  }

  private async launchPostgres() {
    const found = await clearPostmaster(this.postgres.dataDir);
    if (found !== "nothing") {
      this.props.events.onNotice(
        `the database was not closed the last time (${found}): it recovers by itself`,
      );
    }
    return startPostgres(this.postgres);
  }
}

function preparePostgres(folder: DataFolder, port: number, superuserPassword: string): PostgresProps {
  const binaries = findPostgresBinaries();
  const account = choosePostgresAccount({
    dataDir: folder.postgres,
    parents: folder.own,
    initdb: binaries.initdb,
  });
  return { binaries, account, dataDir: folder.postgres, port, superuserPassword, logs: folder.logs };
}

/** `a, b and c`. */
function listOf(names: readonly string[]): string {
  return names.join(", ").replace(/, ([^,]*)$/, " and $1");
}
