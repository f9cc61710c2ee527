import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { loadConfig } from "../../../../services/workspace/container/config";
import { keyFile, type Places, problemsFile } from "../../../../services/workspace/container/places";
import { createStartLog } from "../../../../services/workspace/startup/start-log";
import { PLACEHOLDER_KEY, startWorkspace } from "../../../../services/workspace/startup/start-workspace";
import { freePort } from "../../../support/services/free-port";
import { testPlaces } from "../../../support/workspace/places";
import { PlatformStandIn } from "../../../support/workspace/platform-stand-in";

let platform: PlatformStandIn;
let places: Places;
let editor: Server;
let editorUrl: string;
let log: string;

beforeEach(async () => {
  platform = await PlatformStandIn.start();
  places = testPlaces();
  const port = await freePort();
  editorUrl = `http://127.0.0.1:${port}/healthz`;
  editor = createServer((_, response) => response.end("{}")).listen(port, "127.0.0.1");
  log = "";
});
afterEach(async () => {
  editor.closeAllConnections();
  editor.close();
  await platform.stop();
});

/** @param env variables besides those that each start has; undefined: a configuration that cannot be used */
function start(env: Readonly<Record<string, string>> | undefined = {}) {
  const all = {
    HOME: places.home,
    PATH: process.env["PATH"],
    CODER_AGENT_TOKEN: "agent-token-1",
    SLUICE_WORKSPACE_ID: "6a204bd8-89f3-4819-9b52-b77e817c9457",
    SLUICE_GATEWAY_URL: platform.url,
    SLUICE_KEY_PROVISIONER_URL: platform.url,
    SLUICE_AI_MODEL: "claude-sonnet-4-5",
    ...env,
  };
  return startWorkspace({
    config: loadConfig(all),
    places,
    env: all,
    log: createStartLog((line) => {
      log += line;
    }, []),
    supervisor: ["sh", "-c", `echo supervised >>${join(places.state, "supervised")}`],
    editorUrl,
    retries: { attemptMs: 500, totalMs: 600, pausesMs: [50] },
  });
}

const read = (file: string) => readFileSync(file, "utf8");
const roo = () => JSON.parse(read(join(places.home, ".config/roo-code/settings.json")));
const key = () => read(keyFile(places));
const exists = (file: string) => existsSync(join(places.home, file));

describe("a start", () => {
  it("sets everything up and says so", async () => {
    expect(await start()).toEqual([]);
    expect(key()).toBe("sk-workspace-0001");
    expect(roo().providerProfiles.apiConfigs.litellm.openAiApiKey).toBe("sk-workspace-0001");
    expect(exists(".config/opencode/opencode.json")).toBe(true);
    expect(read(join(places.state, "instructions.md"))).toContain('"standard"');
    expect(read(join(places.state, "environment"))).toContain(`export AI_GATEWAY_URL='${platform.url}'`);
    expect(log).toContain("issued, level standard, $10 a day");
    expect(log).toMatch(/done, everything is ready\n$/);
    expect(log).not.toContain("sk-workspace");
    expect(existsSync(problemsFile(places))).toBe(false);
  });

  it("takes a key that was typed and asks nobody", async () => {
    expect(await start({ SLUICE_TYPED_KEY: "sk-typed" })).toEqual([]);
    expect(key()).toBe("sk-typed");
    expect(platform.received).toEqual([]);
  });

  it("tells assistants of the level that the key has, not of the one that was asked for", async () => {
    platform.keyAnswers = [{ status: 200, body: { key: "sk-1", reused: true, level: "design-first" } }];
    await start({ SLUICE_ENFORCEMENT_LEVEL: "unrestricted" });
    expect(roo().globalSettings.customInstructions).toContain('"design-first"');
    expect(log).toContain("the same as before, level design-first (asked for: unrestricted)");
  });

  it("without a key has the IDE and a placeholder, and says what to do", async () => {
    platform.keyAnswers = [{ status: 503, body: {} }];
    const problems = await start();
    expect(problems).toMatchObject([{ phase: "key", isEssential: true }]);
    expect(key()).toBe(PLACEHOLDER_KEY);
    expect(roo().providerProfiles.apiConfigs.litellm.openAiApiKey).toBe(PLACEHOLDER_KEY);
    expect(log).toContain("code-server is ready");
    expect(read(problemsFile(places))).toMatch(
      /^! key: the key-provisioner at .* gave no key in \d+ attempts: it answered 503\n {2}Remedy: run workspace-start /,
    );
    platform.keyAnswers = [{ status: 201, body: { key: "sk-2" } }];
    expect(await start()).toEqual([]);
    expect(key()).toBe("sk-2");
    expect(existsSync(problemsFile(places))).toBe(false);
  });

  it("has the IDE although its settings cannot be written, so that somebody can mend it", async () => {
    mkdirSync(join(places.home, ".local/share"), { recursive: true });
    writeFileSync(join(places.home, ".local/share/code-server"), "in the way");
    expect(await start()).toMatchObject([{ phase: "editor", isEssential: true }]);
    expect(read(join(places.state, "supervised"))).toBe("supervised\n");
    expect(read(problemsFile(places))).toContain(
      "code-server is ready, but its settings could not be written",
    );
  });

  it("keeps the key of an earlier start while none can be had", async () => {
    await start();
    platform.isHanging = true;
    expect(await start()).toHaveLength(1);
    expect(key()).toBe("sk-workspace-0001");
  });

  it.each([
    ["roo-code", true, false],
    ["zoo-code", true, false],
    ["opencode", false, true],
    ["claude-code", false, false],
    ["none", false, false],
  ])(
    "with %s configures that and removes what an earlier start has left of others",
    async (choice, hasRoo, hasOpenCode) => {
      await start();
      expect(await start({ SLUICE_AI_ASSISTANT: choice })).toEqual([]);
      expect(exists(".config/roo-code/settings.json")).toBe(hasRoo);
      expect(exists(".config/opencode/opencode.json")).toBe(hasOpenCode);
      expect(existsSync(join(places.state, "claude-code.json"))).toBe(choice === "claude-code");
      expect(existsSync(keyFile(places))).toBe(choice !== "none");
    },
  );

  it("without an assistant asks for no key and sets no variable of the gateway", async () => {
    await start({ SLUICE_AI_ASSISTANT: "none" });
    expect(platform.received).toEqual([]);
    expect(read(join(places.state, "environment"))).not.toContain("AI_GATEWAY_URL");
  });

  it("goes on when the repository cannot be had, which is no fault of the workspace", async () => {
    const problems = await start({ SLUICE_REPOSITORY: "/etc/passwd" });
    expect(problems).toMatchObject([{ phase: "repository", isEssential: false }]);
    expect(key()).toBe("sk-workspace-0001");
  });

  it("goes on when the platform's certificate is none", async () => {
    writeFileSync(places.platformCertificate, "nonsense");
    expect(await start()).toMatchObject([{ phase: "certificates", isEssential: true }]);
    expect(key()).toBe("sk-workspace-0001");
  });

  it("with settings that cannot be used still has the IDE", async () => {
    const unusable = { phase: "assistants", message: "wrong", remedy: "correct it", isEssential: true };
    const problems = await startWorkspace({
      config: undefined,
      problems: [unusable],
      places,
      env: { HOME: places.home, PATH: process.env["PATH"] },
      log: createStartLog((line) => {
        log += line;
      }, []),
      supervisor: ["true"],
      editorUrl,
    });
    expect(problems).toEqual([unusable]);
    expect(log).toContain("code-server is ready");
    expect(read(problemsFile(places))).toBe("! assistants: wrong\n  Remedy: correct it\n");
  });
});
