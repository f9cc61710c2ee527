import { EnforcementLevels } from "../../../../services/gateway/enforcement/levels";

const custom = [{ name: "audit-first", file: "audit-first.md", strictness: 150 }];

it("orders levels from the loosest on", () => {
  expect(new EnforcementLevels({ custom }).all.map(({ name }) => name)).toEqual([
    "unrestricted",
    "standard",
    "audit-first",
    "design-first",
  ]);
});

describe("level of a key", () => {
  const levels = new EnforcementLevels({
    custom,
    minimumByScope: { ci: "standard", "agent:write": "design-first", user: "unrestricted" },
  });

  it.each([
    ["none named: the default", {}, "standard"],
    ["null is none", { enforcement_level: null }, "standard"],
    ["its own", { enforcement_level: "design-first" }, "design-first"],
    ["its own, looser than the default", { enforcement_level: "unrestricted" }, "unrestricted"],
    ["a custom one", { enforcement_level: "audit-first" }, "audit-first"],
    ["below the minimum", { enforcement_level: "unrestricted", scope: "ci:shop" }, "standard"],
    ["scope without a name", { enforcement_level: "unrestricted", scope: "ci" }, "standard"],
    ["above the minimum", { enforcement_level: "design-first", scope: "ci:shop" }, "design-first"],
    ["minimum of a part of a scope", { enforcement_level: "standard", scope: "agent:write" }, "design-first"],
    ["with more behind it", { enforcement_level: "standard", scope: "agent:write:x" }, "design-first"],
    ["another part", { enforcement_level: "unrestricted", scope: "agent:review" }, "unrestricted"],
    ["scope that only begins alike", { enforcement_level: "unrestricted", scope: "cinema" }, "unrestricted"],
    ["minimum that is looser", { scope: "user:ann" }, "standard"],
    ["scope that is no text", { enforcement_level: "unrestricted", scope: ["ci"] }, "unrestricted"],
  ])("%s", (_name, metadata, expected) => {
    expect(levels.levelOf(metadata).name).toBe(expected);
  });

  it("has the default level and the minimum of every key", () => {
    const strict = new EnforcementLevels({
      defaultLevel: "unrestricted",
      minimumByScope: { "*": "standard", ci: "design-first" },
    });
    expect(strict.levelOf({}).name).toBe("standard");
    expect(strict.levelOf({ scope: "ci:shop", enforcement_level: "standard" }).name).toBe("design-first");
  });

  it.each(["Standard", "", "strict", "__proto__", 1, {}, ["standard"], false])(
    "fails closed on %p",
    (level) => {
      expect(() => levels.levelOf({ enforcement_level: level })).toThrow(
        expect.objectContaining({ status: 503, code: "enforcement_unavailable" }),
      );
    },
  );
});

describe("settings that are refused", () => {
  it.each([
    [{ custom: [{ name: "standard", file: "a.md", strictness: 1 }] }, "same name"],
    [{ custom: [...custom, ...custom] }, "same name"],
    [{ custom: [{ name: "No Name", file: "a.md", strictness: 1 }] }, "small letters"],
    [{ custom: [{ name: "a", file: "../a.md", strictness: 1 }] }, "plain name"],
    [{ custom: [{ name: "a", file: "a.txt", strictness: 1 }] }, "plain name"],
    [{ custom: [{ name: "a", file: "a.md", strictness: 0 }] }, "strictness"],
    [{ custom: [{ name: "a", file: "a.md", strictness: 1.5 }] }, "strictness"],
    [{ defaultLevel: "strict" }, "default enforcement level: strict is not one of"],
    [{ minimumByScope: { ci: "strict" } }, "minimum enforcement level of scope ci: strict is not one of"],
  ])("%j", (settings, message) => {
    expect(() => new EnforcementLevels(settings)).toThrow(message);
  });
});
