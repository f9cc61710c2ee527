import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Packages = { packages: Record<string, object> };

/** Plain JavaScript, because it runs before anything is installed. */
const { coveredSet, needsInstall } = require("../../../cli/install/needs-install.cjs") as {
  coveredSet(lock: Packages, hidden: Packages, machine?: { os: string; cpu: string }): string;
  needsInstall(root: string, set: "all" | "runtime"): boolean;
};

const LINUX = { os: "linux", cpu: "x64" };

const LOCK = {
  packages: {
    "": {},
    "bindings/coderd": { version: "1.0.0" },
    "node_modules/@cdktf/provider-coderd": { link: true, resolved: "bindings/coderd" },
    "node_modules/zod": { version: "4.0.0" },
    "node_modules/jest": { version: "30.0.0", dev: true },
    "node_modules/pg-linux-x64": { version: "18.0.0", optional: true, os: ["linux"], cpu: ["x64"] },
    "node_modules/pg-darwin-x64": { version: "18.0.0", optional: true, os: ["darwin"], cpu: ["x64"] },
    "node_modules/fsevents": { version: "2.0.0", optional: true },
  },
};

const FULL = {
  packages: {
    "node_modules/zod": { version: "4.0.0" },
    "node_modules/jest": { version: "30.0.0", dev: true },
    "node_modules/pg-linux-x64": { version: "18.0.0", optional: true },
  },
};

const without = (...names: string[]) => ({
  packages: Object.fromEntries(Object.entries(FULL.packages).filter(([name]) => !names.includes(name))),
});

describe("coveredSet", () => {
  it("is all when everything for this machine is there", () =>
    expect(coveredSet(LOCK, FULL, LINUX)).toBe("all"));
  it("is runtime without the dev dependencies", () =>
    expect(coveredSet(LOCK, without("node_modules/jest"), LINUX)).toBe("runtime"));
  it("is none without a dependency", () =>
    expect(coveredSet(LOCK, without("node_modules/zod"), LINUX)).toBe("none"));
  it("is none without this machine's binaries, as after a copy from another one", () =>
    expect(coveredSet(LOCK, FULL, { os: "darwin", cpu: "x64" })).toBe("none"));
  it("is none with another version", () => {
    const other = { packages: { ...FULL.packages, "node_modules/zod": { version: "3.0.0" } } };
    expect(coveredSet(LOCK, other, LINUX)).toBe("none");
  });
});

describe("needsInstall", () => {
  let root: string;
  const write = (file: string, value: unknown) => writeFileSync(join(root, file), JSON.stringify(value));
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sluice-install-"));
    mkdirSync(join(root, "node_modules"));
    write("package-lock.json", { packages: { "node_modules/zod": { version: "4.0.0" } } });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("is so when npm did not finish", () => expect(needsInstall(root, "runtime")).toBe(true));

  it("accepts an install made by hand and remembers it", () => {
    write("node_modules/.package-lock.json", { packages: { "node_modules/zod": { version: "4.0.0" } } });
    expect(needsInstall(root, "all")).toBe(false);
    expect(existsSync(join(root, "node_modules/.sluice-install.json"))).toBe(true);
    expect(needsInstall(root, "all")).toBe(false);
  });

  it("is so after the lock file changed", () => {
    write("node_modules/.package-lock.json", { packages: { "node_modules/zod": { version: "4.0.0" } } });
    expect(needsInstall(root, "runtime")).toBe(false);
    write("package-lock.json", { packages: { "node_modules/zod": { version: "4.0.1" } } });
    expect(needsInstall(root, "runtime")).toBe(true);
  });

  it("notices what npm did since, such as npm prune", () => {
    const dev = { version: "30.0.0", dev: true };
    const zod = { version: "4.0.0" };
    write("package-lock.json", { packages: { "node_modules/zod": zod, "node_modules/jest": dev } });
    write("node_modules/.package-lock.json", {
      packages: { "node_modules/zod": zod, "node_modules/jest": dev },
    });
    expect(needsInstall(root, "all")).toBe(false);
    write("node_modules/.package-lock.json", { packages: { "node_modules/zod": zod } });
    expect(needsInstall(root, "all")).toBe(true);
    expect(needsInstall(root, "runtime")).toBe(false);
  });
});
