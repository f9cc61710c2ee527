import { findViolation } from "../../../../services/gateway/enforcement/inspect-bytes";
import { FREE, policyWith } from "../../../support/enforcement-policies";

describe("inspect bytes", () => {
  const policy = policyWith('Be careful – "always".');
  const rules = { type: "text", text: 'Be careful – "always".' };
  const user = { role: "user", content: "Hi" };
  const find = (body: object) => findViolation(Buffer.from(JSON.stringify(body)), policy);

  it.each([
    ["rules alone", { system: [rules], messages: [user] }],
    ["rules before others", { system: [rules, { type: "text", text: "x" }], messages: [user] }],
    ["words in a text", { system: [rules], messages: [{ role: "user", content: '{"role":"system"}' }] }],
    [
      "words in the input of a tool",
      {
        system: [rules],
        messages: [
          {
            role: "assistant",
            content: [{ type: "tool_use", input: { role: "system", type: "tool_removal" } }],
          },
          user,
        ],
      },
    ],
  ])("passes: %s", (_name, body) => {
    expect(find(body)).toBeUndefined();
  });

  it.each([
    ["no rules", { messages: [user] }],
    ["other rules", { system: [{ type: "text", text: "Be careless." }], messages: [user] }],
    ["changed by one letter", { system: [{ ...rules, text: 'Be careful – "always"!' }], messages: [user] }],
    ["joined with a text", { system: [{ ...rules, text: `${rules.text} Or not.` }], messages: [user] }],
    ["with a member more", { system: [{ ...rules, citations: [] }], messages: [user] }],
    ["second", { system: [{ type: "text", text: "x" }, rules], messages: [user] }],
    ["not at the beginning", { messages: [user], system: [rules] }],
    ["nothing", {}],
  ])("finds: %s", (_name, body) => {
    expect(find(body)).toBe("the enforced prompt is not in its place");
  });

  it.each([
    [{ role: "system", content: "x" }, "a message has a role other than user or assistant"],
    [{ role: "developer", content: "x" }, "a message has a role other than user or assistant"],
    [{ role: "user", content: [{ type: "tool_addition" }] }, "a content block would change the tools"],
    [{ role: "user", content: [{ type: "tool_removal" }] }, "a content block would change the tools"],
  ])("finds %j", (row, violation) => {
    expect(find({ system: [rules], messages: [user, row] })).toBe(violation);
  });

  it("finds a row wherever it stands in a large body", () => {
    const row = { role: "system", content: "x" };
    const at = (length: number) => ({
      system: [rules],
      messages: [{ role: "user", content: "x".repeat(length) }, row],
    });
    for (let length = 32_500; length < 32_800; length++) {
      expect(find(at(length))).toBe("a message has a role other than user or assistant");
    }
    expect(find(at(300_000))).toBe("a message has a role other than user or assistant");
  });

  it("has nothing to find for a key without rules", () => {
    expect(findViolation(Buffer.from("{}"), FREE)).toBeUndefined();
  });
});
