import { canonical } from "../../../cli/plan/attribute-values";
import { formatChanges } from "../../../cli/plan/format-changes";
import type { PlanJson, ResourceChange } from "../../../cli/plan/plan-json";
import { summarizePlan } from "../../../cli/plan/summarize-plan";

const SECRET = "sk-planted-2f6d1c";

const labels = [{ label: "sluice.platform", value: "sluice" }];

/** A container change as OpenTofu and Terraform give it. */
function container(
  name: string,
  actions: string[],
  before: object | null,
  after: object | null,
  more: object = {},
): ResourceChange {
  const whole = (values: object | null) =>
    values === null ? null : { name: `sluice-${name}`, labels, must_run: true, ...values };
  return {
    address: `docker_container.${name}`,
    mode: "managed",
    type: "docker_container",
    change: { actions, before: whole(before), after: whole(after), ...more },
  };
}

const plan = (...resource_changes: ResourceChange[]): PlanJson => ({
  format_version: "1.2",
  resource_changes,
});
const text = (value: PlanJson) => formatChanges(summarizePlan(value));
const config = (price: number) =>
  `model_list:\n  - { model_name: m, litellm_params: { model: anthropic/m }, model_info: { input_cost_per_token: ${price} } }\n`;
const delivered = (price: number, key: string, folder: string) => ({
  upload: [
    { file: `/volume/${folder}/config.yaml`, content: config(price) },
    { file: `/volume/${folder}/secrets/ANTHROPIC_API_KEY`, content: key },
  ],
  must_run: false,
  restart: "no",
});
const hidden = { before_sensitive: { upload: true }, after_sensitive: { upload: true } };

describe("a plan in words", () => {
  it("says that nothing changes", () => {
    expect(text(plan(container("redis", ["no-op"], { memory: 1 }, { memory: 1 })))).toBe(
      "No changes: what runs is what platform.yaml declares.",
    );
  });

  it("says nothing of what the engine had filled in, when a container is made anew", () => {
    const change = container(
      "redis",
      ["delete", "create"],
      {
        memory: 256,
        privileged: false,
        cpu_shares: 0,
        volumes: [{ container_path: "/data", volume_name: "v", read_only: false }],
      },
      {
        memory: 320,
        privileged: null,
        cpu_shares: null,
        volumes: [{ container_path: "/data", volume_name: "v", read_only: null }],
      },
      { after_unknown: { env: true }, replace_paths: [["memory"]] },
    );
    const expressions = { env: { constant_value: [] }, memory: { constant_value: 320 }, volumes: {} };
    const configuration = { root_module: { resources: [{ address: change.address, expressions }] } };
    const { details } = summarizePlan({ ...plan(change), configuration }).changes[0] ?? {};
    expect(details?.map(({ text: line }) => line)).toEqual(["memory 256 → 320 MB"]);
  });

  it("tells a delivered price and key: the gateway's container stays, no value of a secret is told", () => {
    const change = container(
      "gateway-files",
      ["delete", "create"],
      delivered(3e-6, SECRET, "a1"),
      delivered(3.5e-6, `${SECRET}-new`, "b2"),
      { ...hidden, replace_paths: [["upload"]] },
    );
    expect(text(plan(change, container("gateway", ["no-op"], {}, {})))).toBe(
      [
        "± gateway: files delivered, the container stays",
        "    price of m: input 3 → 3.5 USD per million tokens",
        "    secret ANTHROPIC_API_KEY: value changes",
        "",
        "1 replaced; no data is lost.",
      ].join("\n"),
    );
  });

  it("tells files that go to a new container as that", () => {
    const files = container(
      "gateway-files",
      ["delete", "create"],
      delivered(3e-6, "k", "a"),
      delivered(4e-6, "k", "a"),
    );
    const gateway = container(
      "gateway",
      ["delete", "create"],
      { image: "sha256:1" },
      {},
      {
        after_unknown: { image: true },
        replace_paths: [["image"]],
      },
    );
    expect(text(plan(files, gateway))).toContain("files delivered to the new container");
  });

  it("tells environment of a container with secrets by names only", () => {
    const env = (key: string, extra: string[]) => ({ env: [`LITELLM_MASTER_KEY=${key}`, "A=1", ...extra] });
    const change = container(
      "gateway",
      ["delete", "create"],
      env(SECRET, ["OLD=x"]),
      env("sk-other", ["NEW=y"]),
      {
        before_sensitive: { env: true },
        after_sensitive: { env: true },
        replace_paths: [["env"]],
      },
    );
    const told = text(plan(change));
    expect(told).toContain("value of LITELLM_MASTER_KEY changes");
    expect(told).toContain("OLD is no longer set");
    expect(told).toContain("NEW is set");
    expect(told).not.toMatch(/sk-|NEW is set: |1 →/);
  });

  it("gives images and networks their names, also where the plan has ids or does not know yet", () => {
    const image: ResourceChange = {
      address: "docker_image.postgres",
      type: "docker_image",
      change: {
        actions: ["delete", "create"],
        before: { name: "postgres:17.6", image_id: "sha256:old" },
        after: { name: "postgres:17.7" },
        after_unknown: { image_id: true },
        replace_paths: [["name"]],
      },
    };
    const change = container(
      "postgres",
      ["delete", "create"],
      { image: "sha256:old" },
      {},
      {
        after_unknown: { image: true, id: true, exit_code: true },
        replace_paths: [["image"]],
      },
    );
    const whole: PlanJson = {
      ...plan(image, change),
      configuration: {
        root_module: {
          resources: [
            {
              address: "docker_container.postgres",
              expressions: {
                image: { references: ["docker_image.postgres.image_id", "docker_image.postgres"] },
              },
            },
          ],
        },
      },
    };
    expect(text(whole)).toContain("± postgres: image postgres:17.6 → postgres:17.7; container replaced");
  });

  it("says why something is made anew that did not change", () => {
    const tainted = {
      ...container("redis", ["delete", "create"], {}, {}),
      action_reason: "replace_because_tainted",
    };
    expect(text(plan(tainted))).toContain("the last deploy did not finish it");
    const gone = container("redis", ["delete"], {}, null);
    expect(text({ ...plan(container("redis", ["create"], null, {})), resource_drift: [gone] })).toContain(
      "somebody removed it: it is made again",
    );
  });

  it("tells outputs, and hides sensitive ones", () => {
    const told = text({
      format_version: "1.2",
      output_changes: {
        url: { actions: ["update"], before: "http://a", after: "http://b" },
        key: {
          actions: ["update"],
          before: SECRET,
          after: "n",
          before_sensitive: true,
          after_sensitive: true,
        },
      },
    });
    expect(told).toContain("url: http://a → http://b");
    expect(told).toContain("key: value changes (not shown)");
    expect(told).not.toContain(SECRET);
  });

  it("takes values of sensitive variables out of whatever text they got into", () => {
    const change = container("redis", ["delete", "create"], { hostname: "a" }, { hostname: SECRET });
    const whole: PlanJson = {
      ...plan(change),
      variables: { gateway_database_password: { value: SECRET } },
      configuration: { root_module: { variables: { gateway_database_password: { sensitive: true } } } },
    };
    expect(text(whole)).not.toContain(SECRET);
    expect(text(whole)).toContain("(secret)");
  });

  it("keeps control characters of values away from the terminal", () =>
    expect(text(plan(container("x", ["update"], { hostname: "a" }, { hostname: "\x1b[2Jb" })))).not.toContain(
      "\x1b",
    ));
});

describe("random plans", () => {
  /** A small generator with a seed, so that a failure can be repeated. */
  function random(seed: number) {
    let state = seed;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
    return { next, pick };
  }

  const ATTRIBUTES = [
    "name",
    "image",
    "env",
    "upload",
    "volumes",
    "ports",
    "labels",
    "networks_advanced",
    "memory",
    "memory_swap",
    "cpus",
    "command",
    "entrypoint",
    "healthcheck",
    "tmpfs",
    "hostname",
    "ipam_config",
    "internal",
    "unheard_of",
    "upload_more",
  ];
  const TYPES = [
    "docker_container",
    "docker_image",
    "docker_network",
    "docker_volume",
    "coderd_template",
    "null_resource",
  ];
  const ACTIONS = [
    ["create"],
    ["update"],
    ["delete"],
    ["delete", "create"],
    ["create", "delete"],
    ["forget"],
    ["no-op"],
  ];

  function randomPlan(seed: number) {
    const { next, pick } = random(seed);
    const value = (depth = 0): unknown =>
      pick<() => unknown>([
        () => null,
        () => Math.floor(next() * 9),
        () => next() < 0.5,
        () => `v${Math.floor(next() * 9)}`,
        () => `A=${Math.floor(next() * 9)}\nline`,
        () => [`N${Math.floor(next() * 3)}=${Math.floor(next() * 9)}`],
        () => (depth > 2 ? [] : [value(depth + 1), value(depth + 1)]),
        () =>
          depth > 2
            ? {}
            : { file: "/x/config.yaml", content: value(depth + 1), label: "l", value: value(depth + 1) },
        () =>
          depth > 2
            ? {}
            : {
                container_path: "/p",
                volume_name: value(depth + 1),
                internal: 1,
                external: value(depth + 1),
              },
      ])();
    const secret = `planted-${seed}-secret`;
    const resource_changes = Array.from(
      { length: 1 + Math.floor(next() * 6) },
      (_, index): ResourceChange => {
        const actions = pick(ACTIONS);
        const names = ATTRIBUTES.filter(() => next() < 0.4);
        const side = () => Object.fromEntries(names.map((name) => [name, next() < 0.2 ? secret : value()]));
        const [before, after] = [side(), side()];
        const unknown = Object.fromEntries(names.filter(() => next() < 0.1).map((name) => [name, true]));
        for (const name of Object.keys(unknown)) delete after[name];
        // Whatever holds the planted secret is marked, as Terraform marks it.
        const mask = (values: object) =>
          Object.fromEntries(
            Object.entries(values)
              .filter(([, v]) => v === secret)
              .map(([name]) => [name, true]),
          );
        const type = pick(TYPES);
        return {
          address: `${type}.r${index}`,
          mode: "managed",
          type,
          change: {
            actions,
            before: actions[0] === "create" && actions.length === 1 ? null : before,
            after: actions.length === 1 && actions[0] === "delete" ? null : after,
            after_unknown: unknown,
            before_sensitive: mask(before),
            after_sensitive: mask(after),
          },
        };
      },
    );
    return { secret, resource_changes };
  }

  const rounds = Array.from({ length: 300 }, (_, seed) => seed);

  it("leave nothing out: each object has a line, each attribute that differs a detail, and no secret is told", () => {
    for (const seed of rounds) {
      const { secret, resource_changes } = randomPlan(seed);
      const summary = summarizePlan({ format_version: "1.2", resource_changes });
      const told = formatChanges(summary);
      const pending = resource_changes.filter(({ change }) => change.actions[0] !== "no-op");
      expect({ seed, told: summary.changes.map(({ address }) => address).sort() }).toEqual({
        seed,
        told: pending.map(({ address }) => address).sort(),
      });
      for (const { address, change } of pending) {
        if (change.before === null || change.after === null) continue;
        const [before, after] = [change.before, change.after] as Record<string, unknown>[];
        const unknown = change.after_unknown as object;
        // Sets have no order, and members that are not set do not count.
        const differs = ATTRIBUTES.filter((name) =>
          name in unknown
            ? !change.actions.includes("create")
            : canonical(before?.[name], name) !== canonical(after?.[name], name),
        );
        const details = summary.changes.find((one) => one.address === address)?.details ?? [];
        const covered = details.flatMap(({ attributes }) => attributes);
        const missing = differs.filter((name) => !covered.includes(name));
        expect({ seed, address, missing }).toEqual({ seed, address, missing: [] });
      }
      expect(told).not.toContain(secret);
      expect(told.split("\n").every((line) => line.length < 2_000)).toBe(true);
    }
  });
});
