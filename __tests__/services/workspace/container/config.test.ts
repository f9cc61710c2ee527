import { loadConfig } from "../../../../services/workspace/container/config";

const ENV = {
  HOME: "/home/coder",
  CODER_AGENT_TOKEN: "token",
  SLUICE_WORKSPACE_ID: "6a204bd8-89f3-4819-9b52-b77e817c9457",
  SLUICE_GATEWAY_URL: "http://litellm:4000/",
  SLUICE_KEY_PROVISIONER_URL: "http://key-provisioner:8100",
  SLUICE_AI_MODEL: "claude-sonnet-4-5",
};

describe("the environment of a workspace", () => {
  it("is read with its defaults; a slash at the end of an address and empty variables do not count", () => {
    expect(loadConfig({ ...ENV, SLUICE_REPOSITORY: "", SLUICE_DOTFILES: "", SLUICE_TYPED_KEY: "" })).toEqual({
      home: "/home/coder",
      agentToken: "token",
      workspaceId: ENV.SLUICE_WORKSPACE_ID,
      gatewayUrl: "http://litellm:4000",
      keyProvisionerUrl: "http://key-provisioner:8100",
      assistant: "all",
      model: "claude-sonnet-4-5",
      level: "standard",
      models: [{ name: "claude-sonnet-4-5", displayName: "claude-sonnet-4-5" }],
      repository: undefined,
      dotfiles: undefined,
      typedKey: undefined,
    });
  });

  it("has models as JSON", () => {
    const models = [{ name: "a", displayName: "A" }];
    expect(loadConfig({ ...ENV, SLUICE_MODELS: JSON.stringify(models) }).models).toEqual(models);
  });

  it.each([
    ["SLUICE_GATEWAY_URL", "litellm:4000", "must be an http or https URL"],
    ["SLUICE_WORKSPACE_ID", "mine", "must be the id of the workspace"],
    ["SLUICE_AI_ASSISTANT", "copilot", "must be one of roo-code, zoo-code"],
    ["SLUICE_MODELS", "[", "must be a JSON list of {name, displayName}"],
    ["SLUICE_MODELS", "[]", "must be a JSON list of {name, displayName}"],
    ["SLUICE_TYPED_KEY", "two words", "must be a key: one line without spaces"],
    ["SLUICE_ENFORCEMENT_LEVEL", "../x", "must be an enforcement level"],
  ])("with %s=%s is refused by its name, without the value", (name, value, message) => {
    const load = () => loadConfig({ ...ENV, [name]: value });
    expect(load).toThrow(`${name}: ${message}`);
    if (name === "SLUICE_TYPED_KEY") expect(load).not.toThrow(value);
  });
});
