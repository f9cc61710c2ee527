import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { synthesizeWorkspaceTemplate } from "../../constructs";
import { workspaceForm } from "../../constructs/workspace/form";
import { containersOf, docker, inspect } from "../support/applied/docker";
import { CoderClient } from "../support/coder/coder-client";
import { CODER_IMAGE, CoderServer } from "../support/coder/coder-server";
import { platformConfig } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * The template alone, in a real Coder: its form as developers get it, and a workspace whose image has a start-up program of this file.
 * The image that a deploy builds, and the key that comes by itself, are subjects of other files.
 */
const NAME = `sluice-test-template-${process.pid}`;
const IMAGE = `${NAME}:1`;
const PASSWORD = "correct-horse-9-battery";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nof a test\n-----END CERTIFICATE-----\n";

const config = platformConfig();
const { parameters, presets } = workspaceForm(config);
const { directory, variables } = synthesizeWorkspaceTemplate(temporaryFolder(), config);
const stack = temporaryFolder();

let server: CoderServer;
let admin: CoderClient;
let developer: CoderClient;
let versionId = "";

function core(...args: string[]): string {
  return execFileSync(process.env["TERRAFORM_BINARY_NAME"] ?? "tofu", args, {
    cwd: stack,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CODER_URL: server.url, CODER_SESSION_TOKEN: admin.token },
  });
}

function declareTemplate(): void {
  const values = {
    ...variables,
    network: NAME,
    platform: NAME,
    workspace_image: IMAGE,
    ca_certificate: CERTIFICATE,
  };
  const version = {
    name: "one",
    directory,
    active: true,
    tf_vars: Object.entries(values).map(([name, value]) => ({ name, value })),
  };
  const declared = {
    terraform: { required_providers: { coderd: { source: "coder/coderd", version: "0.0.23" } } },
    provider: { coderd: {} },
    resource: { coderd_template: { workspace: { name: "ai-workspace", versions: [version] } } },
  };
  writeFileSync(join(stack, "main.tf.json"), JSON.stringify(declared));
}

function buildImage(): void {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/workspace-start"), START_PROGRAM, { mode: 0o755 });
  writeFileSync(join(folder, "bin/workspace-info"), '#!/bin/sh\necho "$1 is well"\n', { mode: 0o755 });
  writeFileSync(
    join(folder, "Dockerfile"),
    `FROM ${CODER_IMAGE}\nCOPY bin/ /opt/sluice/bin/\nENTRYPOINT []\n`,
  );
  docker("build", "--quiet", "--tag", IMAGE, folder);
}

/** Key → text of all metadata of an agent, once each has been collected. */
async function metadataOf(agentId: string): Promise<Record<string, string>> {
  const response = await fetch(`${server.url}/api/v2/workspaceagents/${agentId}/watch-metadata`, {
    headers: { "Coder-Session-Token": developer.token },
    signal: AbortSignal.timeout(90_000),
  });
  let text = "";
  for await (const part of response.body ?? []) {
    text += Buffer.from(part).toString();
    for (const [, data = ""] of text.matchAll(/^data: (\[.*\])$/gm)) {
      const items: { description: { key: string }; result: { value: string } }[] = JSON.parse(data);
      if (items.length === 0 || items.some(({ result }) => result.value === "")) continue;
      return Object.fromEntries(
        items.map(({ description, result }) => [description.key, result.value.trim()]),
      );
    }
  }
  throw new Error(`metadata are not complete: ${text.slice(-2000)}`);
}

const containerName = (workspace: string) => `coder-developer-${workspace}`;

beforeAll(async () => {
  server = await CoderServer.start(NAME);
  buildImage();
  await new CoderClient(server.url).createFirstUser("admin@example.test", PASSWORD);
  admin = await CoderClient.signIn(server.url, "admin@example.test", PASSWORD);
  await admin.createUser("developer", PASSWORD);
  developer = await CoderClient.signIn(server.url, "developer@example.test", PASSWORD);
  declareTemplate();
  core("init", "-no-color");
  core("apply", "-auto-approve", "-no-color");
  versionId = (await developer.template("ai-workspace")).active_version_id;
});

afterAll(() => {
  server?.remove();
  docker("image", "rm", "--force", IMAGE);
});

describe("the form", () => {
  it("has every parameter with its options, and is valid as it is", async () => {
    const form = await developer.form(versionId);
    expect(form.diagnostics).toEqual([]);
    const offered = form.parameters.map(({ name, options, value, diagnostics }) => ({
      name,
      options: options.map((option) => option.value.value),
      value,
      diagnostics,
    }));
    expect(offered).toEqual(
      parameters.map(({ name, input, default: value }) => ({
        name,
        options: input.kind === "dropdown" ? input.options.map((option) => option.value) : [],
        value: { value, valid: true },
        diagnostics: [],
      })),
    );
  });

  it("has the kinds of inputs that were meant", async () => {
    const form = await developer.form(versionId);
    const kinds = Object.fromEntries(form.parameters.map(({ name, form_type }) => [name, form_type]));
    expect(kinds).toMatchObject({ ai_assistant: "dropdown", litellm_api_key: "input", cpu: "slider" });
  });

  it.each([
    ["litellm_api_key", "no-key", "Must begin with sk-"],
    ["ai_gateway_url", "litellm", "Must be an http or https address"],
    ["repository", "--upload-pack=x", "Must be the address of a git repository"],
    ["cpu", "99", "more than the maximum"],
    ["ai_enforcement_level", "none", "must be a valid option"],
  ])("says what is wrong with %s = %s", async (name, value, what) => {
    const form = await developer.form(versionId, { [name]: value });
    const wrong = form.parameters.find((one) => one.name === name);
    const said = [...(wrong?.diagnostics ?? [])]
      .map(({ summary, detail }) => `${summary} ${detail}`)
      .join(" ");
    expect(said).toMatch(new RegExp(what, "i"));
  });

  it("has the presets", async () => {
    const read = await developer.call<{ Name: string; Default: boolean }[]>(
      "GET",
      `/templateversions/${versionId}/presets`,
    );
    expect(read.map(({ Name, Default }) => [Name, Default]).sort()).toEqual(
      presets.map(({ name, isDefault }) => [name, isDefault]).sort(),
    );
  });

  it("is enforced: a value that it does not have makes no workspace", async () => {
    const { id } = await developer.template("ai-workspace");
    const asked = developer.createWorkspace("wrong", id, { ai_enforcement_level: "none" });
    await expect(asked).rejects.toMatchObject({ status: 400 });
  });
});

describe("a workspace", () => {
  let id = "";
  let agentId = "";
  const name = containerName("demo");

  it("starts with no value given, and its agent and IDE are well", async () => {
    const template = await developer.template("ai-workspace");
    ({ id } = await developer.createWorkspace("Demo", template.id));
    const agent = await developer.ready(id);
    agentId = agent.id;
    expect(agent.status).toBe("connected");
    await developer.healthy(id, "code-server");
  });

  it("tells its start-up program what was chosen", async () => {
    const log = await developer.agentLog(agentId);
    for (const line of [
      `SLUICE_WORKSPACE_ID=${id}`,
      "SLUICE_WORKSPACE_NAME=Demo",
      "SLUICE_OWNER=developer",
      "SLUICE_GATEWAY_URL=http://litellm:4000",
      "SLUICE_KEY_PROVISIONER_URL=http://key-provisioner:8100",
      "SLUICE_AI_ASSISTANT=roo-code",
      "SLUICE_AI_MODEL=claude-sonnet-4-5",
      "SLUICE_ENFORCEMENT_LEVEL=standard",
      "GIT_AUTHOR_NAME=developer",
      "GIT_AUTHOR_EMAIL=developer@example.test",
      "certificate of a test",
      "user 1000",
      "CapEff: 0000000000000000",
      "NoNewPrivs: 1",
    ]) {
      expect(log).toContain(line);
    }
    expect(log).toContain('SLUICE_MODELS=[{"name":"claude-sonnet-4-5","displayName":"Claude Sonnet 4.5"}');
    expect(log).not.toContain("SLUICE_TYPED_KEY");
    expect(log).not.toContain("SESSION_TOKEN");
  });

  it("shows its figures on its page", async () => {
    const shown = await metadataOf(agentId);
    expect(Object.keys(shown)).toEqual(["cpu", "memory", "home", "budget", "level", "gateway"]);
    expect(shown).toMatchObject({
      cpu: expect.stringMatching(/cores/),
      memory: expect.stringMatching(/4(\.0)? ?GiB/),
      home: expect.stringMatching(/GiB/),
      budget: "budget is well",
      level: "level is well",
      gateway: "gateway is well",
    });
  });

  it("is confined by the engine", () => {
    const { Config, HostConfig, NetworkSettings } = inspect(name);
    expect(Config.User).toBe("1000:1000");
    expect(Config.Labels).toMatchObject({
      "sluice.workspaces": NAME,
      "coder.workspace_id": id,
      "coder.owner": "developer",
    });
    expect(HostConfig).toMatchObject({
      CapAdd: null,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 4 * 1024 ** 3,
      MemorySwap: 4 * 1024 ** 3,
      LogConfig: { Config: { "max-size": "10m", "max-file": "5" } },
    });
    expect(HostConfig.PortBindings ?? {}).toEqual({});
    expect(Object.keys(NetworkSettings.Networks)).toEqual([NAME]);
    expect(
      docker(
        "inspect",
        "--format",
        "{{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}",
        name,
      ).trim(),
    ).toBe("2000000000 no");
  });

  it("keeps its home over a stop, and takes other values at the next start", async () => {
    docker("exec", name, "sh", "-c", "echo kept >/home/coder/note");
    await developer.build(id, "stop");
    await developer.built(id);
    expect(containersOf(name)).toEqual([]);

    await developer.build(id, "start", {
      ai_assistant: "all",
      ai_model: "claude-opus-4-5",
      litellm_api_key: "sk-typed-1",
      cpu: "1",
    });
    const agent = await developer.ready(id);
    const log = await developer.agentLog(agent.id);
    expect(log).toContain("SLUICE_AI_MODEL=claude-opus-4-5");
    expect(log).toContain("SLUICE_TYPED_KEY=sk-typed-1");
    expect(docker("exec", name, "cat", "/home/coder/note")).toBe("kept\n");
    expect(agent.apps.map(({ slug }) => slug).sort()).toEqual(["claude-code", "code-server", "opencode"]);
    // The engine shows a container's environment to all who may ask it.
    expect(docker("inspect", name)).not.toContain("sk-typed-1");
  });

  it("leaves nothing when it is deleted", async () => {
    const volume = `coder-${id}-home`;
    expect(docker("volume", "ls", "--quiet", "--filter", `name=${volume}`).trim()).toBe(volume);
    await developer.remove(id);
    expect(containersOf(name)).toEqual([]);
    expect(docker("volume", "ls", "--quiet", "--filter", `name=${volume}`).trim()).toBe("");
  });
});

it("is not imported again when nothing has changed", async () => {
  core("plan", "-detailed-exitcode");
  const { id } = await admin.template("ai-workspace");
  expect(await admin.templateVersions(id)).toHaveLength(1);
});

/** Says what it was given, and answers where the IDE would. */
const START_PROGRAM = `#!/bin/sh
env | grep -E '^(SLUICE|GIT)_|SESSION_TOKEN' | sort
echo "certificate $(sed -n 2p /opt/sluice/ca.crt)"
echo "user $(id -u)"
sed -n 's/^\\(CapEff\\|NoNewPrivs\\):\\t/\\1: /p' /proc/self/status
setsid perl -MIO::Socket::INET -e '
  my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 13337, Listen => 5, ReuseAddr => 1) or die;
  while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
    print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok";
    close $client;
  }' >/dev/null 2>&1 &
`;
