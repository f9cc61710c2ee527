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

  it("sees no data in a cache or in the engine's socket, and no secret in where that is", () => {
    const volumes = [
      { container_path: "/home/coder", volume_name: "sluice-coder-home" },
      { container_path: "/var/run/docker.sock", host_path: "/var/run/docker.sock", volume_name: "" },
    ];
    const removed: ResourceChange = {
      address: "docker_volume.home",
      mode: "managed",
      type: "docker_volume",
      change: { actions: ["delete"], before: { name: "sluice-coder-home" }, after: null },
    };
    const changes = plan(
      container("coder", ["delete"], { volumes, env: ["SOCKET=/var/run/docker.sock"] }, null),
      removed,
    );
    const summary = summarizePlan(changes);
    expect(summary.risks).toEqual([]);
    expect(summary.changes.find(({ service }) => service === "coder")?.data).toBeUndefined();
    const moved = container(
      "coder",
      ["update"],
      { env: ["SOCKET=/srv/elsewhere.sock"] },
      { env: ["SOCKET=/var/run/docker.sock"] },
    );
    const variables = {
      docker_socket: { value: "/var/run/docker.sock" },
      other: { value: "/srv/elsewhere.sock" },
    };
    const configuration = { root_module: { variables: { docker_socket: {}, other: {} } } };
    expect(text({ ...plan(moved), variables, configuration })).toContain("(secret) → /var/run/docker.sock");
  });

  it("tells of a data volume that is lost, wherever a container would mount it", () => {
    const mounting = (volume: string) => ({ volumes: [{ container_path: "/data", volume_name: volume }] });
    const changes = plan(container("postgres", ["create"], null, mounting("sluice-postgres-data")));
    const summary = summarizePlan(changes, ["sluice-postgres-data", "sluice-former-data"]);
    expect(formatChanges(summary)).toBe(
      `! DATA: postgres: volume sluice-postgres-data is lost: postgres would begin with an empty one
    → restore it (docs/operations.md, "Restore"), or accept an empty one: npm run deploy -- --accept-data-loss

+ postgres: new container; DATA: volume sluice-postgres-data lost, created empty

1 container new; DATA AT RISK: 1 reason above.`,
    );
    expect(text(changes)).toContain("data in volume sluice-postgres-data");
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
        "files delivered to 1 service, no service restarts; no data is lost.",
      ].join("\n"),
    );
  });

  it("shows what differs in long values, never the same text on both sides", () => {
    const limits = (level: string) =>
      JSON.stringify({
        ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`scope-${at}`, { level: "standard" }])),
        last: { level, tags: ["a", level] },
      });
    const told = (before: object, after: object) =>
      summarizePlan(plan(container("gateway", ["update"], before, after))).changes[0]?.details.map(
        ({ text: line }) => line,
      );
    expect(
      told({ env: [`LIMITS=${limits("standard")}`] }, { env: [`LIMITS=${limits("design-first")}`] }),
    ).toEqual(["LIMITS: last.level standard → design-first, last.tags standard → design-first"]);
    const long = "x".repeat(300);
    expect(told({ hostname: `${long}a${long}` }, { hostname: `${long}b${long}` })).toEqual([
      expect.stringMatching(/^hostname: …x+ax+… → …x+bx+…$/),
    ]);
    const check = (interval: string) => ({
      healthcheck: [{ test: ["CMD-SHELL", long], interval, retries: 3 }],
    });
    expect(told(check("5s"), check("10s"))).toEqual(["health check: interval 5s → 10s"]);
    const tags = (...more: string[]) => ({
      hostname: [...Array.from({ length: 40 }, (_, at) => `tag-${at}`), ...more],
    });
    expect(told(tags("old"), tags("young", "new"))).toEqual(["hostname: without old, with young, new"]);
    expect(told(tags("a", "b"), tags("b", "a"))).toEqual([
      expect.stringMatching(/^hostname: …(.+) → …(?!\1)/),
    ]);
  });

  it("says nothing of a user and a folder that the image had given", () => {
    const change = container(
      "gateway",
      ["delete", "create"],
      { user: "node", working_dir: "/app", memory: 1 },
      { user: null, working_dir: null, memory: 2 },
      { replace_paths: [["memory"]] },
    );
    const expressions = { memory: { constant_value: 2 } };
    const told = (configured: Record<string, unknown>) =>
      text({
        ...plan(change),
        configuration: { root_module: { resources: [{ address: change.address, expressions: configured }] } },
      });
    expect(told(expressions)).not.toMatch(/no longer set|user|working dir/);
    expect(told({ ...expressions, user: {} })).toContain("user: no longer set (was node)");
  });

  it("says of files and keys that come from elsewhere now that they move, and what changes in them", () => {
    const before = {
      upload: [
        { file: "/app/config.yaml", content: config(3e-6) },
        { file: "/app/prompts/standard.md", content: "a" },
        { file: "/app/prompts/old.md", content: "a" },
      ],
      env: ["ANTHROPIC_API_KEY=k", "OLD=1"],
    };
    const files = {
      upload: [
        { file: "/etc/sluice/.incoming-1/config.yaml", content: config(4e-6) },
        { file: "/etc/sluice/.incoming-1/prompts/standard.md", content: "a" },
        { file: "/etc/sluice/.incoming-1/secrets/ANTHROPIC_API_KEY", content: "k" },
      ],
    };
    const told = text(
      plan(
        container(
          "gateway",
          ["delete", "create"],
          before,
          {},
          { before_sensitive: { env: true, upload: true } },
        ),
        container("gateway-files", ["create"], null, files),
      ),
    );
    expect(told).toContain("configuration moves to the delivered files");
    expect(told).toContain("price of m: input 3 → 4 USD per million tokens");
    expect(told).toContain("enforced prompt prompts/standard.md moves to the delivered files");
    expect(told).toContain("enforced prompt prompts/old.md is removed");
    expect(told).toContain("ANTHROPIC_API_KEY moves to the delivered files");
    expect(told).toContain("OLD is no longer set");
  });

  it("tells a provider's change without the folder that its files are uploaded to", () => {
    const files = (folder: string, secret: string) => ({
      command: [`.incoming-${folder}`, "node"],
      upload: [{ file: `/etc/sluice/.incoming-${folder}/secrets/${secret}`, content: "k" }],
      must_run: false,
      restart: "no",
    });
    const change = container(
      "gateway-files",
      ["delete", "create"],
      files("09022276fb3c", "A"),
      files("103990e442c6", "B"),
      {
        replace_paths: [["command"], ["upload"]],
      },
    );
    const [{ details = [] } = {}] = summarizePlan(plan(change)).changes;
    expect(details.map(({ text: line }) => line)).toEqual(["secret A is removed", "secret B is new"]);
    expect(details.every(({ attributes }) => attributes.includes("command"))).toBe(true);
  });

  it("says in words why a container is made anew, and what the state keeps", () => {
    const change = container(
      "redis",
      ["delete", "create"],
      { memory: 256, entrypoint: ["redis", "--maxmemory", "1"] },
      { memory: 320, entrypoint: ["redis", "--maxmemory", "2"] },
      { replace_paths: [["entrypoint"]] },
    );
    const outputs = {
      secrets: { actions: ["update"], before: { a: "x" }, after: { a: "y" }, before_sensitive: true },
    };
    const told = text({ ...plan(change), output_changes: outputs });
    expect(told).toContain("replaced because its start command changes");
    expect(told).toContain("start command: 1 → 2");
    expect(told).toContain("outputs: the state's copy of the secrets changes (not shown)");
  });

  it("counts what becomes of containers, not what Terraform calls it", () => {
    const image = (name: string): ResourceChange => ({
      address: `docker_image.${name}`,
      type: "docker_image",
      change: { actions: ["delete", "create"], before: { name: `${name}:1` }, after: { name: `${name}:2` } },
    });
    const replaced = (name: string, more: object = {}) =>
      container(name, ["delete", "create"], { command: ["a"], ...more }, { command: ["b"], ...more });
    const last = (...changes: ResourceChange[]) =>
      text(plan(...changes))
        .split("\n")
        .at(-1);
    expect(last(image("postgres"), replaced("postgres"), replaced("postgres-files"))).toBe(
      "1 container replaced, files delivered to 1 service, 1 image pulled or built; no data is lost.",
    );
    expect(last(replaced("gateway-files"), replaced("postgres-files"))).toBe(
      "files delivered to 2 services, no service restarts; no data is lost.",
    );
    expect(
      last(container("a", ["create"], null, {}), container("b", ["update"], { memory: 1 }, { memory: 2 })),
    ).toBe("1 container new, 1 container changed in place; no data is lost.");
  });

  it("says what it means for who can reach what", () => {
    const firewall = { env: ["INTERNET=true"] };
    expect(text(plan(container("workspace-firewall", ["delete"], firewall, null)))).toContain(
      "container removed: workspaces are no longer isolated from each other, the host and private networks",
    );
    const ports = (ip: string) => ({ ports: [{ internal: 4000, external: 4000, ip }] });
    const told = (before: string, after: string) =>
      text(plan(container("gateway", ["delete", "create"], ports(before), ports(after))));
    expect(told("127.0.0.1", "0.0.0.0")).toContain(
      "port 4000: 127.0.0.1:4000 → 0.0.0.0:4000: other machines can reach it",
    );
    expect(told("0.0.0.0", "127.0.0.1")).toContain("only this machine can reach it");
    expect(told("127.0.0.1", "127.0.0.2")).not.toContain("reach");
    expect(text(plan(container("gateway", ["create"], null, ports("0.0.0.0"))))).toContain(
      "port 0.0.0.0:4000: other machines can reach it",
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
