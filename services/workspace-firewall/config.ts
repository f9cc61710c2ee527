import { isIPv4 } from "node:net";
import { z } from "zod";
import { readEnvironment } from "../shared/config-error";

const CIDR = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d|[12]\d|3[0-2])$/;
const isCidr = (text: string) => isIPv4(CIDR.exec(text)?.[1] ?? "");

const ENDPOINT = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/;
const isEndpoint = (text: string) => {
  const [, address = "", port = ""] = ENDPOINT.exec(text) ?? [];
  return isIPv4(address) && Number(port) >= 1 && Number(port) <= 65_535;
};

/** Most entries of a list; each is a part of the rules, which are compared every few seconds. */
const MAX_ENTRIES = 256;

const list = (isValid: (entry: string) => boolean, error: string) =>
  z
    .string()
    .default("")
    .transform((text) => text.split(",").filter(Boolean))
    .pipe(
      z.array(z.string().refine(isValid, error)).max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`),
    );

const environment = z
  .object({
    BRIDGE: z
      .string("must be the name of the bridge of the workspaces network")
      .regex(/^sluice-[0-9a-f]{8}$/, "must be sluice- and 8 hexadecimal digits"),
    SUBNET: z
      .string("must be the IPv4 subnet of the workspaces network")
      .refine(isCidr, "must be an IPv4 subnet such as 10.200.16.0/20"),
    SERVICES: list(isEndpoint, "must be address:port, separated by commas, such as 10.200.16.2:4000"),
    ALLOW: list(isCidr, "must be IPv4 networks, separated by commas, such as 10.9.0.0/16"),
    INTERNET: z.enum(["true", "false"], "must be true or false").default("true"),
    LOG_LEVEL: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
        error: "must be one of fatal, error, warn, info, debug, trace, silent",
      })
      .default("info"),
  })
  .transform((env) => ({
    /** Name of the bridge, and of the tables that hold its rules. `BRIDGE`, required. */
    bridge: env.BRIDGE,
    /** IPv4 subnet of the network. `SUBNET`, required. */
    subnet: env.SUBNET,
    /** `address:port` (TCP) on the network that workspaces may connect to. `SERVICES`, default none. */
    services: env.SERVICES,
    /** Private networks that workspaces may reach all the same. `ALLOW`, default none. */
    allow: env.ALLOW,
    /** Whether workspaces may reach public addresses. `INTERNET`, default true. */
    internet: env.INTERNET === "true",
    /** `LOG_LEVEL`, default `info`. */
    logLevel: env.LOG_LEVEL,
  }));

/** What the workspace firewall is told by its environment. */
export type WorkspaceFirewallConfig = Readonly<z.output<typeof environment>>;

/**
 * Reads and freezes the configuration.
 * @throws ConfigError naming every wrong variable and its remedy
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): WorkspaceFirewallConfig {
  return readEnvironment(environment, env);
}
