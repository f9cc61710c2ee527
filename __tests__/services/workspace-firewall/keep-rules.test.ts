import { type DestinationStream, pino } from "pino";
import { type Host, RuleKeeper } from "../../../services/workspace-firewall/keep-rules";

const SOURCE = {
  bridge: "sluice-0a1b2c3d",
  subnet: "10.200.16.0/20",
  services: ["10.200.16.2:4000"],
  allow: [],
  nameServers: [],
  internet: true,
};

/** A kernel's tables, as far as the keeper asks; the real one is the acceptance suite's subject. */
class Kernel implements Host {
  readonly tables = new Map<string, string>();
  families = ["inet", "bridge"];
  bridgedFrames = false;
  links = ["lo", SOURCE.bridge];

  readonly nft = async (args: readonly string[], input = "") => {
    const [verb] = args.filter((arg) => arg !== "--stateless");
    if (verb === "-f") {
      const [, family = "", name = ""] = /^table (\S+) (\S+)/.exec(input) ?? [];
      if (!this.families.includes(family)) throw new Error("Operation not supported");
      this.tables.set(`${family} ${name}`, input);
      return "";
    }
    if (args[1] === "tables") return [...this.tables.keys()].map((table) => `table ${table}\n`).join("");
    const table = args.slice(-2).join(" ");
    const text = this.tables.get(table);
    if (text === undefined) throw new Error("No such file or directory");
    if (verb === "delete") this.tables.delete(table);
    return text;
  };
  readonly filtersBridgedFrames = async () => this.bridgedFrames;
  readonly interfaces = async () => this.links;
}

function keep(kernel: Kernel) {
  const lines: string[] = [];
  const destination: DestinationStream = { write: (line) => void lines.push(line) };
  return { keeper: new RuleKeeper(kernel, SOURCE, pino({}, destination)), lines };
}

describe("the keeper of the rules", () => {
  it("puts both tables in force, and leaves them alone while they are as they were", async () => {
    const kernel = new Kernel();
    const { keeper, lines } = keep(kernel);
    await keeper.enforce();
    expect([...kernel.tables.keys()]).toEqual([`inet ${SOURCE.bridge}`, `bridge ${SOURCE.bridge}`]);
    await keeper.check();
    expect(lines).toEqual([]);
  });

  it.each(["inet", "bridge"])(
    "restores the %s table when it was removed or changed, and says so",
    async (family) => {
      const kernel = new Kernel();
      const { keeper, lines } = keep(kernel);
      await keeper.enforce();
      const table = `${family} ${SOURCE.bridge}`;
      const before = kernel.tables.get(table);
      kernel.tables.delete(table);
      await keeper.check();
      expect(kernel.tables.get(table)).toBe(before);
      kernel.tables.set(table, "table with one rule less");
      await keeper.check();
      expect(kernel.tables.get(table)).toBe(before);
      expect(lines.filter((line) => line.includes("firewall rules were changed or removed"))).toHaveLength(2);
    },
  );

  it("makes do with br_netfilter where the kernel has no rules for bridges", async () => {
    const kernel = new Kernel();
    kernel.families = ["inet"];
    kernel.bridgedFrames = true;
    const { keeper } = keep(kernel);
    await keeper.enforce();
    await keeper.check();
    kernel.bridgedFrames = false;
    await expect(keeper.check()).rejects.toThrow(
      /workspaces cannot be isolated.*Remedy: .*modprobe br_netfilter/,
    );
  });

  it("does not call workspaces isolated where it has neither", async () => {
    const kernel = new Kernel();
    kernel.families = ["inet"];
    await expect(keep(kernel).keeper.enforce()).rejects.toThrow("workspaces cannot be isolated");
  });

  it("removes tables of networks that are gone, and no others", async () => {
    const kernel = new Kernel();
    kernel.links.push("sluice-00000002");
    for (const table of [
      "inet sluice-00000001",
      "bridge sluice-00000001",
      "inet sluice-00000002",
      "inet filter",
    ])
      kernel.tables.set(table, "");
    const { keeper } = keep(kernel);
    await keeper.enforce();
    await keeper.removeStale();
    expect([...kernel.tables.keys()].sort()).toEqual([
      `bridge ${SOURCE.bridge}`,
      "inet filter",
      "inet sluice-00000002",
      `inet ${SOURCE.bridge}`,
    ]);
  });

  it("keeps its own table while the network is being replaced", async () => {
    const kernel = new Kernel();
    kernel.links = ["lo"];
    const { keeper } = keep(kernel);
    await keeper.enforce();
    await keeper.removeStale();
    expect(kernel.tables.has(`inet ${SOURCE.bridge}`)).toBe(true);
  });
});
