import { join, relative, resolve } from "node:path";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { type App, LocalBackend, TerraformOutput, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { applyPlatformRules } from "./aspects";
import type { PlatformConfig } from "./config/schema";
import { DataVolume } from "./data-volume";
import { deployedServices } from "./deployed-services";
import { Platform } from "./platform";
import { Secret } from "./secret";
import { SECRETS } from "./secret-catalog";
import { hostPorts, internalUrl, type ServiceDefinition } from "./service-definition";
import { PLATFORM_STACK, SECRETS_OUTPUT } from "./stack-id";

/** Version of kreuzwerker/docker. Another one may show changes for ever or ignore some: see aspects/stable-plans.ts. */
export const DOCKER_PROVIDER_VERSION = "4.6.0";

/** Props of `PlatformStack`. */
export interface PlatformStackProps {
  readonly config: PlatformConfig;
  /** Folder of the local state. @default ".sluice/state" in the project */
  readonly stateFolder?: string;
}

/**
 * The platform on one Docker engine, with its provider, state, rules and outputs.
 *
 * @example
 * new PlatformStack(new App(), { config: parsePlatform("apiVersion: sluice/v1") });
 */
export class PlatformStack extends TerraformStack {
  /** Names of the volumes that hold data. */
  readonly dataVolumes: readonly string[];
  /** Reference of the image that workspaces are made of; undefined without Coder. */
  readonly workspaceImage: string | undefined;

  constructor(
    scope: App,
    { config, stateFolder = resolve(__dirname, "../.sluice/state") }: PlatformStackProps,
  ) {
    super(scope, PLATFORM_STACK);
    // Relative to the folder Terraform runs in: an absolute path would differ in every checkout.
    const stackFolder = resolve(scope.outdir, "stacks", PLATFORM_STACK);
    new LocalBackend(this, { path: join(relative(stackFolder, stateFolder), `${PLATFORM_STACK}.tfstate`) });
    new DockerProvider(this, "docker");
    // The bindings name 3.6.2, which loses stopped containers while planning. Exactly the version that is tested (docs/decisions/0053).
    this.addOverride("terraform.required_providers.docker.version", DOCKER_PROVIDER_VERSION);

    const platform = new Platform(this, "sluice", config);
    this.workspaceImage = platform.workspaceImage?.reference;
    this.declareOtherSecrets();
    applyPlatformRules(this, { publishAddress: config.exposure.address });

    for (const service of deployedServices(config)) {
      for (const [name, { description, from }] of Object.entries(service.outputs ?? {})) {
        const url = from === "networks" ? internalUrl(service) : hostUrl(service, config);
        this.output(name, url, description);
      }
    }
    this.dataVolumes = DataVolume.namesBelow(this);
    this.output("data_volumes", this.dataVolumes, "Volumes with data; no plan can delete them");
    // The state has the values anyway, at places that only their services know; by name they can be taken back.
    const recoverable = Secret.below(this).filter(({ isRecoverable }) => isRecoverable);
    const values = Object.fromEntries(recoverable.map((secret) => [secret.name, secret.expose()]));
    this.output(
      SECRETS_OUTPUT,
      values,
      "Secrets by variable, for: npm run sluice -- init --recover-from-state",
      true,
    );
  }

  /** Of services that are left out: Terraform warns of values that no variable takes, and they stay the same until the service is there. */
  private declareOtherSecrets() {
    const declared = new Set(Secret.below(this).map(({ name }) => name));
    const others = new Construct(this, "other-secrets");
    for (const name of Object.keys(SECRETS)) if (!declared.has(name)) Secret.generated(others, name);
  }

  private output(name: string, value: unknown, description: string, sensitive?: true) {
    new TerraformOutput(this, name, { value, description, sensitive, staticId: true });
  }
}

function hostUrl(service: ServiceDefinition, { access, ports }: PlatformConfig): string {
  const port = hostPorts(service).at(-1);
  if (port === undefined) throw new Error(`${service.name} is not published`);
  return `${port.isTls ? "https" : "http"}://${access.host}:${ports[port.setting]}`;
}
