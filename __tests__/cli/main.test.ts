import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { main } from "../../cli/main";
import { version } from "../../package.json";

describe("main", () => {
  let out = "";
  beforeEach(() => {
    out = "";
    const collect = (text: string | Uint8Array) => {
      out += String(text);
      return true;
    };
    jest.spyOn(process.stdout, "write").mockImplementation(collect);
    jest.spyOn(process.stderr, "write").mockImplementation(collect);
    jest.spyOn(console, "error").mockImplementation((text) => collect(`${text}\n`));
  });
  afterEach(() => jest.restoreAllMocks());

  it("shows the version of package.json", async () => {
    expect(await main(["--version"])).toBe(0);
    expect(out.trim()).toBe(version);
  });

  it("lists the commands in the help", async () => {
    expect(await main(["--help"])).toBe(0);
    for (const command of [
      "start",
      "init",
      "diff",
      "deploy",
      "outputs",
      "verify",
      "status",
      "logs",
      "images",
      "destroy",
    ]) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
  });

  it("suggests the command that was meant", async () => {
    expect(await main(["strat"])).toBe(1);
    expect(out).toContain("unknown command 'strat'");
    expect(out).toContain("Did you mean start?");
  });

  it("suggests no command that is far from what was typed", async () => {
    expect(await main(["statu"])).toBe(1);
    expect(out).toContain("unknown command 'statu'");
    expect(out).not.toContain("Did you mean start?");
  });

  it.each([
    [["help", "nonsense"], "error: unknown command 'nonsense'"],
    [["nonsense", "--help"], "error: unknown command 'nonsense'"],
  ])("%j is told as a mistake", async (args, text) => {
    expect(await main(args)).toBe(1);
    expect(out).toContain(text);
    expect(out).not.toContain("Usage:");
  });

  it("suggests one command, not two", async () => {
    expect(await main(["images", "prun"])).toBe(1);
    expect(out.match(/Did you mean/g)).toEqual(["Did you mean"]);
  });

  it.each([
    ["rotate", "86400"],
    ["deploy", "default: []"],
  ])("shows no value of ours in the help of %s", async (command, text) => {
    expect(await main([command, "--help"])).toBe(0);
    expect(out).not.toContain(text);
  });

  it("ends quietly when nobody reads its output, whatever the command", async () => {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "cli/main.ts", "--help"], {
      cwd: join(__dirname, "../.."),
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toBe("");
  });

  it("suggests the option that was meant", async () => {
    expect(await main(["start", "--prot", "4000"])).toBe(1);
    expect(out).toContain("Did you mean --port?");
  });

  it("loads only the command that was asked for, so that start does not wait for CDKTF", () => {
    const script = `require("./cli/main.ts").main(["start", "--help"]).then(() => {
      console.log(Object.keys(require.cache).filter((file) => /node_modules.cdktf./.test(file)).length);
    });`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "--eval", script], {
      cwd: join(__dirname, "../.."),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("--provisioner-port");
    expect(stdout.trim().split("\n").at(-1)).toBe("0");
  });

  it("names a wrong option's value", async () => {
    expect(await main(["start", "--port", "99999"])).toBe(1);
    expect(out).toContain("--port");
    expect(out).toContain("99999");
    expect(out).toContain("1 to 65535");
  });

  it("shows what the user can mend without a stack", async () => {
    process.env["SLUICE_CONFIG"] = "/nonexistent/platform.yaml";
    try {
      expect(await main(["start"])).toBe(1);
    } finally {
      delete process.env["SLUICE_CONFIG"];
    }
    expect(out).toContain("/nonexistent/platform.yaml");
    expect(out).not.toMatch(/^\s+at /m);
  });
});
