import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { ensureSecrets, readSecrets } from "../../../cli/secrets/secret-store";
import { stateFile } from "../../../cli/sluice-home";
import { stackFolder } from "../../../cli/stack-folder";
import { prepareForCdktf } from "../../../cli/terraform/prepare-for-cdktf";
import { platformConfig } from "../../support/platform-fixture";
import { standInDocker } from "../../support/stand-in-docker";
import { stateContainer, stateResource, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const DATA = ["sluice-postgres-data"];

describe("prepareForCdktf", () => {
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });

  function run(volumes: string[] | "unreachable" = [], yaml = "", variable: object = {}) {
    process.env["PATH"] = standInDocker(volumes);
    const root = temporaryFolder();
    const [home, outdir] = [join(root, ".sluice"), join(root, "cdktf.out")];
    mkdirSync(stackFolder(outdir), { recursive: true });
    writeFileSync(join(stackFolder(outdir), "cdk.tf.json"), JSON.stringify({ variable }));
    mkdirSync(stackFolder(outdir, "coder"), { recursive: true });
    const declared = { variable: { ca_certificate: {} } };
    writeFileSync(join(stackFolder(outdir, "coder"), "cdk.tf.json"), JSON.stringify(declared));
    const prepare = (env: NodeJS.ProcessEnv) =>
      prepareForCdktf(
        { outdir, config: platformConfig(yaml), dataVolumes: DATA },
        { SLUICE_HOME: home, SLUICE_CONFIG: "platform.example.yaml", ...env },
      );
    return { home, outdir, prepare, link: join(stackFolder(outdir), "secrets.auto.tfvars.json") };
  }

  it("does nothing for a plain synth", async () => {
    const { home, prepare, link } = run();
    expect(await prepare({})).toEqual([]);
    expect([existsSync(home), existsSync(link)]).toEqual([false, false]);
  });

  it("makes secrets where there is nothing, takes the credentials along, and links them", async () => {
    const { home, outdir, prepare, link } = run();
    expect(await prepare({ CDKTF_OUTDIR: outdir, ANTHROPIC_API_KEY: "planted" })).toEqual([]);
    expect(isAbsolute(readlinkSync(link))).toBe(false);
    expect(JSON.parse(readFileSync(link, "utf8"))).toMatchObject({ anthropic_api_key: "planted" });
    expect(readdirSync(home).sort()).toEqual([
      ".gitignore",
      "coder.tfvars.json",
      "secrets.tfvars.json",
      "state",
    ]);
  });

  it("keeps the first passwords of users in Coder until they are made, beside the token", async () => {
    const users =
      "coder: { users: [{ username: ada, email: ada@example.com, login: password, passwordEnv: ADA_PW }] }";
    const { home, outdir, prepare } = run([], users);
    const link = join(stackFolder(outdir, "coder"), "secrets.auto.tfvars.json");
    const linked = () => JSON.parse(readFileSync(link, "utf8"));
    await prepare({ CDKTF_OUTDIR: outdir, ADA_PW: "first" });
    expect(linked()).toEqual({ ada_pw: "first" });
    writeFileSync(
      join(home, "coder.tfvars.json"),
      JSON.stringify({ ada_pw: "first", coder_provider_token: "t" }),
    );
    await prepare({ CDKTF_OUTDIR: outdir });
    expect(linked()).toEqual({ ada_pw: "first", coder_provider_token: "t" });
    const made = stateText([stateResource("coderd_user", "user_ada", { username: "ada" })]);
    writeFileSync(stateFile(home, "coder"), made);
    await prepare({ CDKTF_OUTDIR: outdir });
    expect(linked()).toEqual({ coder_provider_token: "t" });
  });

  it("refuses to take Coder away before what is in it", async () => {
    const { home, outdir, prepare } = run([], "coder: { enabled: false }");
    writeState(home, stateText([]));
    writeFileSync(
      stateFile(home, "coder"),
      stateText([stateResource("coderd_template", "workspace", { name: "ai-workspace" })]),
    );
    await expect(prepare({ CDKTF_OUTDIR: outdir })).rejects.toThrow("coder.enabled is false");
  });

  it("gives the stack its facts of the host, and a certificate where there is none", async () => {
    const { home, outdir, prepare } = run([], "", { access_certificate_key: {}, ca_certificate: {} });
    expect(await prepare({ CDKTF_OUTDIR: outdir })).toEqual([]);
    const facts = JSON.parse(readFileSync(join(stackFolder(outdir), "host.auto.tfvars.json"), "utf8"));
    expect(facts).toEqual({ ca_certificate: readFileSync(join(home, "certs/ca.crt"), "utf8") });
  });

  it("says so where the engine's socket cannot be found: what comes may be a destroy", async () => {
    const { outdir, prepare } = run([], "", { docker_socket_group: {} });
    expect(await prepare({ CDKTF_OUTDIR: outdir })).toEqual([
      expect.stringMatching(/^docker (info|context) .*failed/),
    ]);
  });

  it("stores no credential later, since it may be a diff, and says so", async () => {
    const { home, outdir, prepare } = run();
    await prepare({ CDKTF_OUTDIR: outdir });
    const before = readSecrets(home);
    expect(await prepare({ CDKTF_OUTDIR: outdir, ANTHROPIC_API_KEY: "planted" })).toEqual([
      "ANTHROPIC_API_KEY of the environment is not used: none is stored. To store it: npm run sluice -- init",
    ]);
    expect(readSecrets(home)).toEqual(before);
  });

  it("makes none where data is that they would not open, or nobody can say", async () => {
    const lost = run(DATA);
    await expect(lost.prepare({ CDKTF_OUTDIR: lost.outdir })).rejects.toThrow(
      "there are data volumes: sluice-postgres-data",
    );
    const unknown = run("unreachable");
    expect(await unknown.prepare({ CDKTF_OUTDIR: unknown.outdir })).toEqual([
      expect.stringMatching(/no secrets are made.*Cannot connect.*npm run sluice -- init/),
    ]);
    for (const { home, link } of [lost, unknown])
      expect([existsSync(home), existsSync(link)]).toEqual([false, false]);
  });

  it("refuses to let the engine make an empty volume in the place of one that is lost", async () => {
    const { home, outdir, prepare } = run();
    writeState(home, stateText([stateContainer("sluice", "postgres", DATA)]));
    await expect(prepare({ CDKTF_OUTDIR: outdir })).rejects.toThrow(
      /data volumes are lost: sluice-postgres-data.*\n.*"Restore".*--accept-data-loss/,
    );
  });

  it("refuses another name, and remembers what is deployed", async () => {
    const { home, outdir, prepare } = run([], "name: other");
    writeState(home, stateText([stateContainer("sluice", "postgres", DATA)]));
    await expect(prepare({ CDKTF_OUTDIR: outdir })).rejects.toThrow(
      "says name: other, but sluice is deployed",
    );
    const same = run(DATA);
    writeState(same.home, stateText([stateContainer("sluice", "redis", DATA)]));
    ensureSecrets(same.home, [], {});
    await same.prepare({ CDKTF_OUTDIR: same.outdir });
    expect(JSON.parse(readFileSync(join(same.home, "last-deployed.json"), "utf8"))).toEqual({
      name: "sluice",
      dataVolumes: DATA,
      usedVolumes: DATA,
    });
  });
});
