import { curlLine, renderStartScreen, type StartScreen } from "../../../cli/local/start-screen";

const SCREEN: StartScreen = {
  gatewayUrl: "http://127.0.0.1:4000",
  provisionerUrl: "http://127.0.0.1:8100",
  providers: [],
  credentials: ["ANTHROPIC_API_KEY"],
  demoKey: "sk-demo",
  model: "claude-sonnet-4-5",
  dataFolder: "/data",
  logs: "/data/logs",
};

it("curlLine is one line to paste", () => {
  expect(curlLine(SCREEN)).toBe(
    `curl -s http://127.0.0.1:4000/v1/chat/completions -H "Authorization: Bearer sk-demo" -H "Content-Type: application/json" -d '{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":"Say hello"}]}'`,
  );
});

describe("renderStartScreen", () => {
  it("says that answers are simulated and how to change that", () =>
    expect(renderStartScreen(SCREEN)).toContain(
      "SIMULATED: answers are canned, no model is called; export ANTHROPIC_API_KEY to use the real one",
    ));
  it("says that a provider is real", () => {
    const text = renderStartScreen({ ...SCREEN, providers: ["anthropic"] });
    expect(text).toContain("REAL: anthropic");
    expect(text).not.toContain("SIMULATED");
  });
});
