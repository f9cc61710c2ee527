import type { PlatformConfig } from "../../constructs/config/schema";
import { deployedServices } from "../../constructs/deployed-services";
import { credentialNames } from "../../constructs/gateway-config";
import { SECRETS } from "../../constructs/secret-catalog";
import { UserError } from "../terminal/user-error";

/** A secret that can get another value while the platform runs. */
export interface RotatableSecret {
  /** As the command is given it: a name of the catalogue, or the environment variable of a provider's credential. */
  readonly name: string;
  /** Its Terraform variable. */
  readonly variable: string;
  readonly description: string;
  /** Where a new value comes from. */
  readonly source: "generated" | "environment";
}

type RotatableConfig = Pick<PlatformConfig, "providers" | "coder" | "networks">;

/** What can be rotated: the secrets that Sluice makes and services of the platform read, and the credentials of the providers of platform.yaml. */
export function rotatableSecrets(config: RotatableConfig): RotatableSecret[] {
  const services = deployedServices(config).map(({ name }) => name);
  const generated = Object.entries(SECRETS)
    .filter(([, { service, isDelivered }]) => isDelivered && services.includes(service))
    .map(([name, { description }]) => ({
      name,
      variable: name,
      description,
      source: "generated" as const,
    }));
  const credentials = [...new Set(credentialNames(config.providers))].map((name) => ({
    name,
    variable: name.toLowerCase(),
    description: "A provider's credential. Its new value is taken from the environment.",
    source: "environment" as const,
  }));
  return [...generated, ...credentials];
}

/** Hyphens and case do not matter. @throws UserError naming those there are */
export function findRotatable(asked: string, config: RotatableConfig): RotatableSecret {
  const all = rotatableSecrets(config);
  const found = all.find(({ name }) => plainName(name) === plainName(asked));
  if (found !== undefined) return found;
  throw new UserError(
    `${asked} is no secret of this platform`,
    `it is one of: ${all.map(({ name }) => name).join(", ")}`,
  );
}

/** A name of a secret, as it is compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}
