import { allowFields, droppedWhenEnforced } from "../../../../services/gateway/enforcement/allow-fields";

const request = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "Hi" }] };

it("keeps what may be sent and leaves the request itself alone", () => {
  const full = {
    ...request,
    temperature: 0,
    api_base: "http://elsewhere",
    top_k: null,
    litellm_metadata: {},
    betas: ["x"],
  };
  expect(allowFields(full, false)).toEqual({ ...request, temperature: 0 });
  expect(full).toHaveProperty("api_base");
});

it.each([
  [{ user_id: "u", tags: ["a"], enforcement_level: "unrestricted" }, { user_id: "u" }],
  [{ tags: ["a"] }, undefined],
  [{ user_id: null }, undefined],
  ["text", undefined],
])("keeps only the user of metadata: %j", (metadata, expected) => {
  expect(allowFields({ ...request, metadata }, true)["metadata"]).toEqual(expected);
});

it("refuses what it must not leave out", () => {
  expect(() => allowFields({ ...request, thread: { continue: "t" } }, false)).toThrow(
    expect.objectContaining({ status: 400, param: "thread", code: "thread_unsupported_request" }),
  );
  expect(allowFields({ ...request, thread: null }, true)).toEqual(request);
});

it.each([
  ["what only keys with rules may not send", { context_management: {}, top_k: 1 }, ["context_management"]],
  ["not what nobody may send", { fallbacks: [], api_base: "x", speed: "fast" }, []],
  ["not what is not there", { context_management: null }, []],
])("names %s", (_name, fields, dropped) => {
  expect(droppedWhenEnforced({ ...request, ...fields } as never)).toEqual(dropped);
});
