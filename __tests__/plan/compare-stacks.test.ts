import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { compareStacks } from "../../cli/plan/compare-stacks";
import { formatChanges } from "../../cli/plan/format-changes";
import { attributes, type PlanJson, type ResourceChange, readPlan } from "../../cli/plan/plan-json";
import { summarizePlan } from "../../cli/plan/summarize-plan";
import { PLATFORM_STACK, PlatformStack } from "../../constructs";
import { SECRETS } from "../../constructs/secret-catalog";
import { HOST_FACT_VARIABLES } from "../support/host-facts";
import { platformConfig } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";
import { findCore } from "../support/terraform-core";

const core = findCore();
const describePlan = core ? describe : describe.skip;

/**
 * `sluice review` knows by a table what the provider changes in place. Here the real core and provider plan the same steps
 * against a state that is made of the plan of the base; no engine is asked (`-refresh=false`).
 */
describePlan("a comparison of two stacks", () => {
  const folder = temporaryFolder();
  const outdir = join(folder, "cdktf.out");
  const stackFolder = join(outdir, "stacks", PLATFORM_STACK);
  const secrets = Object.fromEntries(
    [...Object.keys(SECRETS), "anthropic_api_key"].map((name, at) => [
      `TF_VAR_${name}`,
      `planted-${at}-5be1a2`,
    ]),
  );

  function run(...args: string[]): string {
    const { command = "", env } = core ?? {};
    const options = {
      cwd: stackFolder,
      env: { ...env, ...HOST_FACT_VARIABLES, ...secrets },
      encoding: "utf8",
      maxBuffer: 1e8,
    } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    if (status !== 0) throw new Error(`${args[0]} failed:\n${stdout}${stderr}`);
    return stdout;
  }

  function synthesize(yaml: string) {
    const app = new App({ outdir, stackTraces: false });
    new PlatformStack(app, { config: platformConfig(yaml), stateFolder: join(folder, "state") });
    app.synth();
    return JSON.parse(readFileSync(join(stackFolder, "cdk.tf.json"), "utf8"));
  }

  function plan(...options: string[]): PlanJson {
    run("plan", "-input=false", "-lock=false", "-no-color", `-out=${join(folder, "plan")}`, ...options);
    return readPlan(run("show", "-json", join(folder, "plan")));
  }

  const BASE = "resources: { gateway: { cpus: 1 } }\n";
  const base = core ? synthesize(BASE) : undefined;

  beforeAll(() => {
    run("init", "-input=false", "-no-color");
    mkdirSync(join(folder, "state"), { recursive: true });
    writeFileSync(join(folder, "state/platform.tfstate"), JSON.stringify(stateOf(plan())));
  }, 120_000);

  it("of one side finds what the plan finds: nothing", () =>
    expect(summarizePlan(plan("-refresh=false")).changes).toEqual([]));

  it.each([
    [
      "memory",
      "resources: { gateway: { cpus: 1, memoryMegabytes: 2048 }, postgres: { memoryMegabytes: 2048 } }",
    ],
    ["CPU and memory", "resources: { gateway: { cpus: 2 }, postgres: { memoryMegabytes: 1320 } }"],
    [
      "ports, working rules and retention",
      `${BASE}ports: { gateway: 4001 }\nretention: { audit: 400d, logFiles: 3 }`,
    ],
    ["images", `${BASE}images: { postgres: "postgres:17.8-bookworm", node: "node:22.21.2-bookworm-slim" }`],
    ["a network", `${BASE}networks: { workspaces: { internet: false }, data: { subnet: 10.81.2.0/24 } }`],
    ["the name", `${BASE}name: team`],
    ["Coder, which is left out", `${BASE}coder: { enabled: false }`],
    [
      "Coder's host and mirror",
      `${BASE}access: { host: ai.example }\ncoder: { providerMirror: /srv/mirror }`,
    ],
    [
      "the provider",
      `${BASE}providers: { anthropic: { kind: anthropic, baseUrl: "https://proxy.example.org" } }`,
    ],
  ])("tells a change of %s as the real plan has it", (_what, yaml) => {
    const head = synthesize(yaml);
    const told = summarizePlan(compareStacks(base, head));
    const real = summarizePlan(plan("-refresh=false"));
    const actions = ({ changes }: typeof told) =>
      Object.fromEntries(
        changes
          .filter(({ address }) => address.startsWith("docker_"))
          .map(({ address, action }) => [address, action]),
      );
    expect(actions(told)).toEqual(actions(real));
    expect(told.risks).toEqual(real.risks);
    expect(formatChanges(real)).not.toContain("planted-");
  });
});

/** A state as if the plan had been applied: what is known after apply gets a made-up value of its type. */
function stateOf({ resource_changes: changes = [], output_changes: outputs = {}, configuration }: PlanJson) {
  const expressions = new Map(
    (configuration?.root_module?.resources ?? []).map((resource) => [
      resource.address,
      resource.expressions ?? {},
    ]),
  );
  const idOf = (reference: string) =>
    reference.startsWith("docker_image.") ? `sha256:${reference}` : reference;
  const referred = (expression: unknown) =>
    idOf(/docker_(?:image|network)\.[\w-]+/.exec(JSON.stringify(expression ?? null))?.[0] ?? "");

  const valuesOf = ({ address, change }: ResourceChange) => {
    const written = expressions.get(address) ?? {};
    const values = { ...attributes(change.after) } as Record<string, unknown>;
    for (const [name, mask] of Object.entries(attributes(change.after_unknown))) {
      if (mask === true) values[name] = MADE_UP[name] ?? null;
    }
    values["id"] = idOf(address);
    if (address.startsWith("docker_image.")) values["image_id"] = idOf(address);
    if (written["image"] !== undefined) values["image"] = referred(written["image"]);
    const left = [...((written["networks_advanced"] ?? []) as { aliases?: { constant_value?: unknown } }[])];
    if (left.length > 0) {
      values["networks_advanced"] = (values["networks_advanced"] as { aliases: unknown[] }[]).map(
        (attached) => {
          const aliases = JSON.stringify(attached.aliases);
          const at = left.findIndex((item) => JSON.stringify(item.aliases?.constant_value ?? []) === aliases);
          return { ...attached, name: referred(left.splice(at, 1)[0]) };
        },
      );
    }
    // As the provider writes blocks into the state: with zero values for what is not set.
    const zeros = (name: string, defaults: object) => {
      const blocks = (values[name] ?? []) as object[];
      values[name] = blocks.map((block) => ({
        ...block,
        ...Object.fromEntries(Object.entries(defaults).filter(([key]) => attributes(block)[key] == null)),
      }));
    };
    if (change.before === null && address.startsWith("docker_container.")) {
      zeros("volumes", { read_only: false, from_container: "", host_path: "", selinux_relabel: "" });
      zeros("networks_advanced", { gw_priority: 0 });
    }
    return values;
  };
  return {
    version: 4,
    terraform_version: "1.11.0",
    serial: 1,
    lineage: "5b8f8d3e-1f3b-4c1c-9d55-0d3f1c1f2a10",
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { after, after_sensitive: isSensitive }]) => [
        name,
        { value: after, type: typeOf(after), sensitive: isSensitive === true },
      ]),
    ),
    resources: changes.map((change) => ({
      mode: "managed",
      type: change.type,
      name: change.address.slice(change.type.length + 1),
      provider: `provider["${change.type === "terraform_data" ? "terraform.io/builtin/terraform" : "registry.opentofu.org/kreuzwerker/docker"}"]`,
      instances: [
        {
          schema_version: SCHEMA_VERSIONS[change.type] ?? 0,
          attributes: valuesOf(change),
          sensitive_attributes: sensitive(change),
        },
      ],
    })),
  };
}

/** As Terraform writes the type of an output: of strings, lists and objects of strings. */
function typeOf(value: unknown): unknown {
  if (Array.isArray(value)) return ["tuple", value.map(typeOf)];
  if (typeof value !== "object" || value === null) return "string";
  return ["object", Object.fromEntries(Object.entries(value).map(([name, part]) => [name, typeOf(part)]))];
}

/** Without these marks every plan would put them back. */
function sensitive({ change }: ResourceChange) {
  return Object.entries(attributes(change.after_sensitive))
    .filter(([, mask]) => mask === true)
    .map(([value]) => [{ type: "get_attr", value }]);
}

const MADE_UP: Readonly<Record<string, unknown>> = {
  exit_code: 0,
  shm_size: 64,
  bridge: "",
  container_logs: "",
  command: ["x"],
  entrypoint: ["x"],
  options: {},
  network_data: [],
};

/** Of the provider's schema; another one makes it upgrade the state first. */
const SCHEMA_VERSIONS: Readonly<Record<string, number>> = {
  docker_container: 2,
  docker_network: 1,
  docker_volume: 1,
};
