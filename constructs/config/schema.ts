import { z } from "zod";
import { CODER } from "../services/coder";
import { showPath } from "./config-path";
import { faultIssue } from "./finding";
import { unknownName } from "./nearest";
import { Access, Exposure, Ports } from "./sections/access";
import { Coder } from "./sections/coder";
import { Enforcement, findLevelFaults, LEVEL, levelNames } from "./sections/enforcement";
import { GatewaySettings } from "./sections/gateway";
import { Retention } from "./sections/governance";
import { Guardrails } from "./sections/guardrails";
import { Images } from "./sections/images";
import { Models, Providers } from "./sections/models";
import { Networks, Resources } from "./sections/runtime";
import { findScopeFaults, Scopes } from "./sections/scopes";
import { findWorkspaceFaults, Workspaces } from "./sections/workspaces";
import { isPartOf, overlap, subnetFault } from "./subnets";

/** Value of `apiVersion`. A new one comes with a migration. */
export const API_VERSION = "sluice/v1";

const Shape = z
  .strictObject({
    apiVersion: z.literal(API_VERSION).describe("Format version of this file."),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,23}$/, { error: "must be 1 to 24 lower-case letters, digits and dashes" })
      .default("sluice")
      .describe("Prefix of every container, network, volume and image."),
    access: Access,
    exposure: Exposure,
    ports: Ports,
    coder: Coder,
    gateway: GatewaySettings,
    providers: Providers,
    models: Models,
    enforcement: Enforcement,
    guardrails: Guardrails,
    workspaces: Workspaces,
    scopes: Scopes,
    retention: Retention,
    images: Images,
    resources: Resources,
    networks: Networks,
  })
  .meta({
    title: "Sluice platform",
    description: "What platform.yaml may say. Everything but apiVersion has a default.",
  });

type Shape = z.infer<typeof Shape>;

type Path = (string | number)[];

/** @param keyOf what has to be different, where that is not the value itself */
function reportDuplicates(
  values: [path: Path, value: string | number | undefined][],
  what: string,
  context: z.core.$RefinementCtx,
  keyOf: (value: string | number) => string | number = (value) => value,
) {
  const first = new Map<string | number, Path>();
  for (const [path, value] of values) {
    if (value === undefined) continue;
    const other = first.get(keyOf(value));
    if (other === undefined) first.set(keyOf(value), path);
    else {
      const problem = `is the same ${what} as ${showPath(other)}`;
      const fault = { problem, allowed: `each ${what} once`, remedy: "give each its own" };
      context.addIssue(faultIssue(fault, value, { path, other }));
    }
  }
}

/** Coder has its port for people inside its container as well, beside the one for agents. */
function checkCoderPort(ports: Partial<Shape>["ports"], context: z.core.$RefinementCtx) {
  if (ports?.["coder"] !== CODER.port.container) return;
  const fault = {
    problem: "is the port on which Coder serves agents in its container",
    allowed: `any but ${CODER.port.container}`,
    remedy: "choose another",
  };
  context.addIssue(faultIssue(fault, CODER.port.container, { path: ["ports", "coder"] }));
}

/** Subnets that Docker would refuse, each by itself or beside another. */
function checkSubnets(networks: Partial<Shape>["networks"], context: z.core.$RefinementCtx) {
  const earlier: [name: string, subnet: string][] = [];
  for (const [name, network] of Object.entries(networks ?? {})) {
    const subnet: unknown = network?.subnet;
    if (typeof subnet !== "string") continue;
    const [other, taken = ""] = earlier.find(([, one]) => overlap(one, subnet)) ?? [];
    const fault =
      subnetFault(subnet) ??
      (other === undefined
        ? undefined
        : {
            problem: `overlaps networks.${other}.subnet, ${taken}`,
            allowed: "subnets that share no address",
            remedy: "write another",
          });
    if (fault !== undefined) {
      const place = {
        path: ["networks", name, "subnet"],
        ...(other !== undefined && { other: ["networks", other, "subnet"] }),
      };
      context.addIssue(faultIssue(fault, subnet, place));
    }
    earlier.push([name, subnet]);
  }
  checkAllowedNetworks(networks, context);
}

/**
 * Networks that workspaces may reach have no part of `edge` and `data`, which nothing but the engine's own rules would keep them out of. A large
 * one may surround the workspaces' own, about which the firewall decides first.
 */
function checkAllowedNetworks(networks: Partial<Shape>["networks"], context: z.core.$RefinementCtx) {
  const allow: unknown = networks?.workspaces?.allow;
  for (const [index, network] of (Array.isArray(allow) ? allow : []).entries()) {
    const refuse = (problem: string, remedy: string) =>
      context.addIssue(
        faultIssue({ problem, allowed: "networks outside the platform", remedy }, network, {
          path: ["networks", "workspaces", "allow", index],
        }),
      );
    if (typeof network !== "string") continue;
    for (const name of ["edge", "data"] as const) {
      const subnet: unknown = networks?.[name]?.subnet;
      if (typeof subnet !== "string" || !overlap(network, subnet)) continue;
      const remedy = "leave its addresses out, or give that network another subnet";
      refuse(`overlaps networks.${name}.subnet, ${subnet}`, remedy);
    }
    const own: unknown = networks?.workspaces?.subnet;
    if (typeof own === "string" && isPartOf(network, own)) {
      const remedy = "remove it: workspaces never reach each other";
      refuse(`is part of networks.workspaces.subnet, ${own}`, remedy);
    }
  }
}

/** One variable for two kinds of credentials would send one provider the secret of another. */
function checkCredentials({ providers }: Partial<Shape>, context: z.core.$RefinementCtx) {
  const first = new Map<string, Path>();
  for (const [name, provider] of Object.entries(providers ?? {})) {
    for (const [field, variable] of Object.entries(provider ?? {})) {
      if (!field.endsWith("Env") || typeof variable !== "string") continue;
      const path = ["providers", name, field];
      const other = first.get(variable);
      if (other === undefined) first.set(variable, path);
      else if (other.at(-1) !== field) {
        const fault = {
          problem: `is the variable of ${showPath(other)}, which holds something else`,
          allowed: "one variable for one kind of credential",
          remedy: "give each its own",
        };
        context.addIssue(faultIssue(fault, variable, { path, other }));
      }
    }
  }
}

/** The owner is made by the bootstrap, and would be taken for one of the others. */
function checkCoderAdmin(coder: Partial<Shape>["coder"], context: z.core.$RefinementCtx) {
  const users = Array.isArray(coder?.users) ? coder.users : [];
  for (const [index, user] of users.entries()) {
    for (const field of ["username", "email"] as const) {
      const value: unknown = user?.[field];
      if (typeof value !== "string" || value.toLowerCase() !== coder?.admin?.[field]?.toLowerCase()) continue;
      const fault = {
        problem: "is that of coder.admin, who is made first",
        allowed: "any other",
        remedy: `remove this user, or give coder.admin another ${field}`,
      };
      const place = { path: ["coder", "users", index, field], other: ["coder", "admin", field] };
      context.addIssue(faultIssue(fault, value, place));
    }
  }
}

/** The least levels of users are among those that there are. */
function checkUserLevels({ coder, enforcement }: Partial<Shape>, context: z.core.$RefinementCtx) {
  const levels = levelNames(enforcement);
  const users = Array.isArray(coder?.users) ? coder.users : [];
  for (const [index, user] of users.entries()) {
    const level: unknown = user?.minimumLevel;
    if (typeof level !== "string" || levels.includes(level)) continue;
    const path = ["coder", "users", index, "minimumLevel"];
    context.addIssue(faultIssue(unknownName(level, levels, LEVEL), level, { path }));
  }
}

/** Rules that span sections. They also run on a file with other faults, so every part may be absent or wrong. */
function checkAcrossSections(platform: Partial<Shape>, context: z.core.$RefinementCtx) {
  reportDuplicates(
    Object.entries(platform.ports ?? {}).map(([name, port]) => [["ports", name], port]),
    "port",
    context,
  );
  const models = Array.isArray(platform.models) ? platform.models : [];
  reportDuplicates(
    models.map((model, index) => [["models", index, "name"], model?.name]),
    "model name",
    context,
  );
  const users = Array.isArray(platform.coder?.users) ? platform.coder.users : [];
  for (const field of ["username", "email", "passwordEnv"] as const) {
    const values = users.map((user, index): [Path, string | undefined] => [
      ["coder", "users", index, field],
      user?.[field],
    ]);
    // Coder and Terraform's variables know no capitals.
    reportDuplicates(values, field, context, (value) => String(value).toLowerCase());
  }
  checkCoderPort(platform.ports, context);
  checkCoderAdmin(platform.coder, context);
  checkUserLevels(platform, context);
  checkSubnets(platform.networks, context);
  checkCredentials(platform, context);
  for (const { path, input, fault } of findLevelFaults(platform.enforcement)) {
    context.addIssue(faultIssue(fault, input, { path: ["enforcement", ...path] }));
  }
  const offered = {
    levels: levelNames(platform.enforcement),
    models: models.map((model) => model?.name).filter((name) => typeof name === "string"),
  };
  for (const { path, input, fault, other } of findWorkspaceFaults(platform.workspaces, offered)) {
    context.addIssue(faultIssue(fault, input, { path: ["workspaces", ...path], ...(other && { other }) }));
  }
  for (const { path, input, fault } of findScopeFaults(platform.scopes, offered.models)) {
    context.addIssue(faultIssue(fault, input, { path: ["scopes", ...path] }));
  }
  const providers = Object.keys(platform.providers ?? {});
  for (const [index, model] of models.entries()) {
    const deployments = Array.isArray(model?.deployments) ? model.deployments : [];
    for (const [position, deployment] of deployments.entries()) {
      const provider: unknown = deployment?.provider;
      if (typeof provider !== "string" || providers.includes(provider)) continue;
      const fault = unknownName(provider, providers, { what: "a provider", setting: "providers" });
      const path = ["models", index, "deployments", position, "provider"];
      context.addIssue(faultIssue(fault, provider, { path }));
    }
  }
}

const acrossSections = z.superRefine<Shape>((platform, context) => {
  if (typeof platform === "object" && platform !== null) checkAcrossSections(platform, context);
});
// Without this a single wrong value elsewhere would hide these findings until the next try.
acrossSections._zod.def.when = () => true;

/** platform.yaml: one source for types, defaults, the editor's JSON Schema and the error texts. */
export const PlatformSchema = Shape.check(acrossSections);

/** The whole configuration, defaults filled in. */
export type PlatformConfig = z.output<typeof Shape>;
/** Levels of the configuration, and who has which. */
export type EnforcementConfig = PlatformConfig["enforcement"];
/** One provider of the configuration. */
export type ProviderConfig = PlatformConfig["providers"][string];
