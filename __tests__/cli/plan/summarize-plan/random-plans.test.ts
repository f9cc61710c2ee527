import { canonical } from "../../../../cli/plan/attribute-values";
import { formatChanges } from "../../../../cli/plan/format-changes";
import type { ResourceChange } from "../../../../cli/plan/plan-json";
import { summarizePlan } from "../../../../cli/plan/summarize-plan";

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
