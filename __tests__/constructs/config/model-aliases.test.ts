import { modelAliases } from "../../../constructs/config/model-aliases";

it("has an alias for the first model of each kind", () => {
  expect(modelAliases(["gpt-5", "claude-haiku-4-5", "claude-sonnet-5", "claude-sonnet-4-5"])).toEqual({
    "claude-sonnet": "claude-sonnet-5",
    "claude-haiku": "claude-haiku-4-5",
  });
});

it("knows models by the words of their names", () => {
  expect(modelAliases(["bedrock/claude.opus", "claude-sonnetish", "opus"])).toEqual({
    "claude-opus": "bedrock/claude.opus",
  });
});

it("leaves a model alone that is called like an alias", () => {
  expect(modelAliases(["claude-sonnet-4-5", "claude-sonnet"])).toEqual({});
});
