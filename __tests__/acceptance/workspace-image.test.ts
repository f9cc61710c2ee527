import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { docker } from "../support/applied/docker";
import { passesWithin } from "../support/applied/passes-within";
import { startChromium } from "../support/browser/chromium";
import { ForwardedPort } from "../support/browser/forward-port";
import { PlatformStandIn } from "../support/workspace/platform-stand-in";
import { makeTestExtension } from "../support/workspace/test-extension";
import { WorkspaceContainer } from "../support/workspace/workspace-container";
import { buildWorkspaceImage } from "../support/workspace/workspace-image";

/**
 * The image of workspaces, built for real and run without Coder: its programs, files and the IDE in a browser. The key-provisioner and the
 * gateway are made up; the clients are not. `ROO_VSIX=<file>` adds the real extension.
 */
const NAME = `sluice-test-workspace-${process.pid}`;
const VOLUME = `${NAME}-home`;
const KEY = "sk-workspace-0001";
const START = "/opt/sluice/bin/workspace-start";

const containers: WorkspaceContainer[] = [];
const volumes = [VOLUME];
let platform: PlatformStandIn;
let image: string;
let workspace: WorkspaceContainer;

function startContainer(
  suffix: string,
  options: { image?: string; volume?: string; env?: Record<string, string> } = {},
): WorkspaceContainer {
  const { volume = VOLUME, env = {} } = options;
  if (!volumes.includes(volume)) volumes.push(volume);
  const started = WorkspaceContainer.start(`${NAME}-${suffix}`, {
    image: options.image ?? image,
    volume,
    env,
    platformPort: platform.port,
  });
  containers.push(started);
  return started;
}

const modes = async (container: WorkspaceContainer, ...files: string[]) =>
  (await container.run("stat", "--format", "%a %U %n", ...files)).stdout.trim().split("\n");
const contentOf = async (container: WorkspaceContainer, file: string) =>
  (await container.run("cat", file)).stdout;

beforeAll(async () => {
  platform = await PlatformStandIn.start("0.0.0.0");
  image = await buildWorkspaceImage(makeTestExtension("1.0.0", "first-announcement"));
  workspace = startContainer("one");
  const { exitCode, stdout, stderr } = await workspace.run(START);
  if (exitCode !== 0) throw new Error(stdout + stderr);
}, 45 * 60_000);

afterAll(async () => {
  for (const container of containers) container.remove();
  for (const volume of volumes) {
    try {
      docker("volume", "rm", volume);
    } catch {
      // It was never made.
    }
  }
  await platform?.stop();
});

describe("the image", () => {
  it("has the pinned programs, and runs as coder without a way to become root", async () => {
    const { stdout } = await workspace.shell(
      "id -u; node --version; opencode --version; claude --version; code-server --version; command -v sudo || echo no sudo",
    );
    expect(stdout.split("\n").slice(0, 6)).toEqual([
      "1000",
      "v24.21.0",
      "1.18.33",
      "2.1.330 (Claude Code)",
      expect.stringMatching(/^4\.139\.1 /),
      "no sudo",
    ]);
  });

  it("lets nobody but root change the policy, and keeps no secret in its history", async () => {
    expect(
      await modes(workspace, "/etc/opencode/opencode.json", "/etc/claude-code/managed-settings.json", START),
    ).toEqual([
      "644 root /etc/opencode/opencode.json",
      "644 root /etc/claude-code/managed-settings.json",
      `755 root ${START}`,
    ]);
    expect(docker("history", "--no-trunc", image)).not.toMatch(/sk-|password|token/i);
  });

  it("lists the extension that it was built with, as the guide checks it", async () => {
    expect((await workspace.run("code-server", "--list-extensions")).stdout).toContain(
      "rooveterinaryinc.roo-cline",
    );
  });

  it("has ripgrep where Roo Code looks for it, and no Copilot", async () => {
    const vscode = "/opt/code-server/node_modules/code-server/lib/vscode";
    expect(
      (await workspace.run(`${vscode}/node_modules/@vscode/ripgrep/bin/rg`, "--version")).stdout,
    ).toMatch(/^ripgrep /);
    expect((await workspace.run("ls", `${vscode}/extensions/copilot`)).exitCode).not.toBe(0);
  });
});

describe("a started workspace", () => {
  it("answers on the loopback address only", async () => {
    expect((await workspace.shell("curl -s 127.0.0.1:13337/healthz")).stdout).toMatch(/"status":/);
    expect(
      (await workspace.shell(`curl -s --max-time 3 http://$(hostname -i):13337/healthz`)).exitCode,
    ).not.toBe(0);
  });

  it("asked for its key once, with the agent's token and nothing but its id", async () => {
    const [request, ...more] = platform.requestsTo("/api/v1/keys/workspace");
    expect(more).toEqual([]);
    expect(request?.authorization).toBe("Bearer 11111111-2222-4333-8444-agent0token0");
    expect(JSON.parse(request?.body ?? "")).toEqual({ workspace_id: "6a204bd8-89f3-4819-9b52-b77e817c9457" });
  });

  it("keeps the key in files that only the user can read", async () => {
    expect(
      await modes(
        workspace,
        "/home/coder/.config/ai-gateway",
        "/home/coder/.config/ai-gateway/key",
        "/home/coder/.config/roo-code/settings.json",
      ),
    ).toEqual([
      "700 coder /home/coder/.config/ai-gateway",
      "600 coder /home/coder/.config/ai-gateway/key",
      "600 coder /home/coder/.config/roo-code/settings.json",
    ]);
    const holders = (
      await workspace.shell(
        `grep -rlF ${KEY} /home/coder /var/lib/sluice /tmp /etc /opt/sluice 2>/dev/null | sort`,
      )
    ).stdout;
    expect(holders).toBe("/home/coder/.config/ai-gateway/key\n/home/coder/.config/roo-code/settings.json\n");
  });

  it("has the key in the environment and the arguments of no process", async () => {
    // Everything runs as the user, who can read all of it.
    const { stdout } = await workspace.run(
      "bash",
      "-c",
      "for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do tr '\\0' '\\n' <$file 2>/dev/null; done",
    );
    expect(stdout).toContain("CODER_AGENT_TOKEN=");
    expect(stdout).toContain("code-server/out/node/entry");
    expect(stdout).not.toContain(KEY);
  });

  it("gives login shells and terminals the variables of the gateway", async () => {
    const address = `http://litellm:${platform.port}`;
    for (const isInteractive of [false, true]) {
      const { stdout } = await workspace.shell("env", { isInteractive });
      for (const line of [
        `AI_GATEWAY_URL=${address}`,
        `OPENAI_API_BASE=${address}/v1`,
        `OPENAI_BASE_URL=${address}/v1`,
        `OPENAI_API_KEY=${KEY}`,
        "AI_MODEL=claude-sonnet-4-5",
        `ANTHROPIC_BASE_URL=${address}`,
        `ANTHROPIC_AUTH_TOKEN=${KEY}`,
        "SSL_CERT_FILE=/var/lib/sluice/ca-bundle.crt",
      ])
        expect(stdout).toContain(`${line}\n`);
    }
  });

  it("has the settings that the guide looks for, and its log", async () => {
    const settings = "/home/coder/.local/share/code-server";
    expect((await workspace.run("grep", "autoImport", `${settings}/User/settings.json`)).stdout).toContain(
      '"roo-cline.autoImportSettingsPath": "/home/coder/.config/roo-code/settings.json"',
    );
    expect(JSON.parse(await contentOf(workspace, `${settings}/Machine/settings.json`))).toMatchObject({
      "chat.disableAIFeatures": true,
      "roo-cline.autoImportSettingsPath": "/home/coder/.config/roo-code/settings.json",
    });
    const log = await contentOf(workspace, "/tmp/coder-startup-script.log");
    expect(log).toMatch(/key +issued, level standard, \$10 a day\n/);
    expect(log).toMatch(/editor +code-server is ready\n/);
    expect(log).not.toMatch(/sk-|agent0token0/);
  });

  it("says in a line each what is left, which level holds and whether the gateway is there", async () => {
    const say = async (topic: string) =>
      (await workspace.run("/opt/sluice/bin/workspace-info", topic)).stdout;
    expect(await say("budget")).toBe("$9.42 of $10 left today\n");
    expect(await say("level")).toBe("standard\n");
    expect(await say("gateway")).toBe("reachable\n");
  });

  it("starts code-server again when it is killed", async () => {
    // The pattern of the guide; in brackets, so that it does not end the shell that runs it.
    await workspace.shell("pkill -f [c]ode-server");
    await passesWithin(20, async () =>
      expect((await workspace.shell("curl -sf 127.0.0.1:13337/healthz")).exitCode).toBe(0),
    );
    expect((await workspace.shell("pgrep -fc lib/editor.js")).stdout).toMatch(/^1\n/);
  });
});

describe("the clients", () => {
  it("OpenCode has the gateway, the models and the policy", async () => {
    const config = JSON.parse((await workspace.run("opencode", "debug", "config")).stdout);
    expect(config).toMatchObject({
      share: "disabled",
      autoupdate: false,
      enabled_providers: ["litellm"],
      model: "litellm/claude-sonnet-4-5",
      small_model: "litellm/claude-haiku-4-5",
      instructions: ["/var/lib/sluice/instructions.md"],
      provider: { litellm: { options: { baseURL: `http://litellm:${platform.port}/v1` } } },
    });
    expect((await workspace.run("opencode", "models", "litellm")).stdout).toBe(
      "litellm/claude-haiku-4-5\nlitellm/claude-sonnet-4-5\n",
    );
  });

  it("OpenCode and Claude Code are answered, and are told of the level", async () => {
    expect((await workspace.shell("opencode run 'say hi' </dev/null")).stdout).toContain(
      "hello by chat completions",
    );
    expect((await workspace.run("claude", "-p", "say hi")).stdout).toContain("hello by messages");
    for (const path of ["/v1/chat/completions", "/v1/messages"]) {
      const requests = platform.requestsTo(path);
      expect(requests.map(({ authorization }) => authorization)).toEqual(requests.map(() => `Bearer ${KEY}`));
      expect(requests.some(({ body }) => body.includes('enforcement level \\"standard\\"'))).toBe(true);
    }
  });

  it("a project cannot send the key elsewhere", async () => {
    const elsewhere = "http://127.0.0.1:9";
    const files = [
      [
        "opencode.json",
        { share: "auto", provider: { litellm: { options: { baseURL: elsewhere, apiKey: "x" } } } },
      ],
      [".claude/settings.json", { env: { ANTHROPIC_BASE_URL: elsewhere } }],
    ] as const;
    const write = files.map(([file, content]) => `echo '${JSON.stringify(content)}' >${file}`).join("; ");
    const { stdout } = await workspace.shell(
      `mkdir -p ~/workspace/hostile/.claude && cd ~/workspace/hostile && git init -q && ${write}
       opencode debug config </dev/null | grep -E 'baseURL|"share"'; claude -p hi </dev/null`,
    );
    expect(stdout).not.toContain(elsewhere);
    expect(stdout).toContain('"share": "disabled"');
    expect(stdout).toContain("hello by messages");
  });
});

describe("a further start", () => {
  it("writes the same files, and leaves code-server running", async () => {
    const list =
      "find /home/coder/.config /var/lib/sluice /home/coder/.claude.json -type f ! -name '*.log' ! -path '*/code-server/*' | sort | xargs sha256sum; pgrep -f '[e]ntry.js'";
    const before = (await workspace.shell(list)).stdout;
    expect((await workspace.run(START)).exitCode).toBe(0);
    expect((await workspace.shell(list)).stdout).toBe(before);
  });

  it("takes over another level and model, and leaves the user's settings alone", async () => {
    const user = "/home/coder/.local/share/code-server/User/settings.json";
    const own = '// mine\n{\n  "editor.fontSize": 15,\n}\n';
    await workspace.shell(`cat >${user} <<'X'\n${own}X`);
    await workspace.shell(
      `cd ~/.config/opencode && jq '.theme = "mine"' opencode.json >o && mv o opencode.json`,
    );
    workspace.remove();
    platform.keyAnswers = [{ status: 200, body: { key: KEY, reused: true, level: "design-first" } }];
    const next = startContainer("two", {
      env: { SLUICE_AI_MODEL: "claude-haiku-4-5", SLUICE_ENFORCEMENT_LEVEL: "design-first" },
    });
    workspace = next;
    expect((await next.run(START)).stdout).toMatch(/key +the same as before, level design-first\n/);
    const roo = JSON.parse(await contentOf(next, "/home/coder/.config/roo-code/settings.json"));
    expect(roo.providerProfiles.apiConfigs.litellm.openAiModelId).toBe("claude-haiku-4-5");
    expect(roo.globalSettings).toMatchObject({
      mode: "architect",
      customInstructions: expect.stringContaining("design-first"),
      lastShownAnnouncementId: "first-announcement",
    });
    const openCode = JSON.parse(await contentOf(next, "/home/coder/.config/opencode/opencode.json"));
    expect(openCode).toMatchObject({ theme: "mine", model: "litellm/claude-haiku-4-5" });
    expect(await contentOf(next, user)).toBe(
      own.replace(
        "{\n",
        '{\n  "roo-cline.autoImportSettingsPath": "/home/coder/.config/roo-code/settings.json",\n',
      ),
    );
  });

  it("without a key-provisioner starts the IDE, keeps the key of before and says what to do", async () => {
    platform.keyAnswers = [
      { status: 403, body: { error: { message: "workspace keys are only for running workspaces" } } },
    ];
    const { exitCode, stdout } = await workspace.run(START);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("the key-provisioner refused a key: 403");
    expect(stdout).toMatch(/editor +code-server is ready/);
    expect(await contentOf(workspace, "/home/coder/.config/ai-gateway/key")).toBe(KEY);
    const terminal = (await workspace.shell("true", { isInteractive: true })).stderr;
    expect(terminal.match(/Remedy: run workspace-start/g)).toHaveLength(1);

    const fresh = startContainer("fresh", { volume: `${NAME}-fresh` });
    expect((await fresh.run(START)).exitCode).toBe(1);
    const roo = JSON.parse(await contentOf(fresh, "/home/coder/.config/roo-code/settings.json"));
    expect(roo.providerProfiles.apiConfigs.litellm.openAiApiKey).toBe("no-key-was-issued");
    expect((await fresh.run("/opt/sluice/bin/workspace-info", "budget")).stdout).toBe(
      "no key, run workspace-start\n",
    );
    fresh.remove();
    platform.keyAnswers = [{ status: 200, body: { key: KEY, reused: true, level: "standard" } }];
    expect((await workspace.run(START)).exitCode).toBe(0);
    expect((await workspace.shell("true", { isInteractive: true })).stderr).not.toContain("Remedy");
  });

  it("brings the content of a newer image into an existing home", async () => {
    const newer = await buildWorkspaceImage(makeTestExtension("2.0.0", "second-announcement"));
    expect(newer).not.toBe(image);
    workspace.remove();
    workspace = startContainer("newer", { image: newer });
    expect((await workspace.run(START)).exitCode).toBe(0);
    const roo = JSON.parse(await contentOf(workspace, "/home/coder/.config/roo-code/settings.json"));
    expect(roo.globalSettings.lastShownAnnouncementId).toBe("second-announcement");
    expect(JSON.parse(await contentOf(workspace, "/opt/sluice/extension.json"))).toMatchObject({
      version: "2.0.0",
    });
  }, 900_000);
});

describe("the IDE in a browser", () => {
  let browser: Browser;
  let page: Page;
  let port: ForwardedPort;

  const open = async (container: WorkspaceContainer) => {
    port = await ForwardedPort.open(container.name, container.address, 13_337);
    page = await browser.newPage();
    await page.goto(port.url, { waitUntil: "domcontentloaded", timeout: 120_000 });
    await page.waitForSelector(".monaco-workbench", { timeout: 120_000 });
    await page.waitForTimeout(10_000);
  };

  beforeAll(async () => {
    browser = await startChromium();
  }, 300_000);
  afterEach(async () => {
    await page?.close();
    port?.close();
  });
  afterAll(() => browser?.close());

  it("opens trusted, without Copilot or chat, with the extension that the image has", async () => {
    await workspace.run("rm", "-f", "/tmp/test-extension.json");
    await open(workspace);
    expect(await page.evaluate("window.isSecureContext && typeof crypto.subtle")).toBe("object");
    const text = await page.evaluate<string>("document.body.innerText");
    expect(text).toContain("Explorer");
    expect(text).not.toMatch(/copilot|restricted mode|\bchat\b|\bagent\b/i);
    const extension = await passesWithin(60, async () =>
      JSON.parse(await contentOf(workspace, "/tmp/test-extension.json")),
    );
    expect(extension).toEqual({
      version: "2.0.0",
      latestAnnouncementId: "second-announcement",
      path: "/home/coder/.config/roo-code/settings.json",
      isTrusted: true,
    });
    await page.click('.activitybar a[aria-label*="Test View"]');
    await passesWithin(60, async () => {
      const texts = await Promise.all(
        page.frames().map((frame) => frame.textContent("body").catch(() => "")),
      );
      expect(texts.join()).toContain("the webview shows");
    });
  }, 300_000);

  const vsix = process.env["ROO_VSIX"];
  const withRoo = vsix === undefined ? it.skip : it;
  withRoo(
    "Roo Code asks for no account, shows no announcement and is answered",
    async () => {
      const real = await buildWorkspaceImage(readFileSync(String(vsix)));
      const container = startContainer("roo", { image: real, volume: `${NAME}-roo` });
      expect((await container.run(START)).exitCode).toBe(0);
      await open(container);
      await page.click('.activitybar a[aria-label*="Code"][aria-label*="oo"]');
      const before = platform.requestsTo("/v1/chat/completions").length;
      const frame = await passesWithin(60, async () => {
        for (const candidate of page.frames()) if (await candidate.$("textarea")) return candidate;
        throw new Error("no frame has a field to write in");
      });
      expect(await frame.textContent("body")).not.toMatch(/create .*account|sign up|what's new/i);
      await frame.fill("textarea", "say hello");
      await frame.press("textarea", "Enter");
      await passesWithin(60, async () =>
        expect(platform.requestsTo("/v1/chat/completions").length).toBeGreaterThan(before),
      );
    },
    1_200_000,
  );
});
