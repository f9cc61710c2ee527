import type { Logger } from "pino";
import type { Nft } from "./nft";
import { bridgedRules, type RuleSource, routedRules } from "./rules";

/** What the rules need of the host. */
export interface Host {
  readonly nft: Nft;
  /** Whether the host passes bridged frames through its IP rules (br_netfilter with bridge-nf-call-iptables and -ip6tables). */
  readonly filtersBridgedFrames: () => Promise<boolean>;
  /** Names of the host's network interfaces. */
  readonly interfaces: () => Promise<readonly string[]>;
}

const TABLES = /^table (inet|bridge) (sluice-[0-9a-f]{8})$/gm;

/** Puts the rules of one network in force, and back in force when somebody has changed them. */
export class RuleKeeper {
  /** Each table as nft lists it right after it was made; undefined where the kernel cannot have it. */
  private readonly listed = new Map<"inet" | "bridge", string | undefined>();

  constructor(
    private readonly host: Host,
    private readonly source: RuleSource,
    private readonly logger: Logger,
  ) {}

  /**
   * Puts the rules in force, whatever was there before.
   * @throws Error when members of the network cannot be kept apart, with the remedy
   */
  async enforce(): Promise<void> {
    await this.apply("inet", routedRules(this.source));
    try {
      await this.apply("bridge", bridgedRules(this.source));
    } catch (error) {
      this.listed.set("bridge", undefined);
      this.logger.debug({ err: error }, "no nftables bridge family in the kernel");
    }
    await this.requireBridgeRules();
  }

  /**
   * Looks whether the rules are as they were made, and makes them again when they are not.
   * @throws Error when they cannot be made, with the remedy
   */
  async check(): Promise<void> {
    for (const [family, expected] of this.listed) {
      if (expected === undefined || (await this.list(family)) === expected) continue;
      this.logger.warn(
        { family, bridge: this.source.bridge },
        "firewall rules were changed or removed, restoring them",
      );
      await this.apply(family, family === "inet" ? routedRules(this.source) : bridgedRules(this.source));
    }
    await this.requireBridgeRules();
  }

  /** Removes tables of networks that are gone. */
  async removeStale(): Promise<void> {
    const interfaces = await this.host.interfaces();
    for (const [, family = "", name = ""] of (await this.host.nft(["list", "tables"])).matchAll(TABLES)) {
      if (name === this.source.bridge || interfaces.includes(name)) continue;
      await this.host.nft(["delete", "table", family, name]);
      this.logger.info({ family, bridge: name }, "removed firewall rules of a deleted network");
    }
  }

  private async apply(family: "inet" | "bridge", rules: string): Promise<void> {
    await this.host.nft(["-f", "-"], rules);
    this.listed.set(family, await this.list(family));
  }

  private async list(family: "inet" | "bridge"): Promise<string | undefined> {
    try {
      return await this.host.nft(["--stateless", "list", "table", family, this.source.bridge]);
    } catch {
      return undefined;
    }
  }

  private async requireBridgeRules(): Promise<void> {
    if (this.listed.get("bridge") !== undefined || (await this.host.filtersBridgedFrames())) return;
    throw new Error(
      "workspaces cannot be isolated: the kernel has neither nftables' bridge family nor br_netfilter. Remedy: on the host, modprobe br_netfilter, " +
        "and set net.bridge.bridge-nf-call-iptables and net.bridge.bridge-nf-call-ip6tables to 1; or set networks.workspaces.isolation to none in platform.yaml",
    );
  }
}
