import { prepareMessage, toTarget } from "../../../../services/gateway/generation/prepare-message";
import { messages } from "../../../../services/gateway/generation/wire-apis";
import { Secret } from "../../../../services/gateway/secret";
import { anthropicDeployment } from "../../../support/services/test-gateway";

const apiKey = new Secret("k");
const bedrock = (api: "invoke" | "messages") =>
  anthropicDeployment({ access: { provider: "bedrock", region: "us-east-1", credentials: { apiKey }, api } });

it.each([
  ["anthropic", anthropicDeployment()],
  ["bedrock-invoke", bedrock("invoke")],
  ["bedrock-messages", bedrock("messages")],
])("a target of %s", (api, deployment) => {
  const { upstreamModel, maxOutputTokens } = deployment;
  expect(toTarget(deployment, true)).toEqual({ api, upstreamModel, maxOutputTokens, mayDropParams: true });
});

const asked = {
  api: messages,
  body: { model: "m", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] },
  policy: {
    level: "standard",
    promptId: "standard@000000000000",
    blocks: [{ text: "Be careful.", sha256: "0".repeat(64) }],
  },
  screening: undefined,
  mayDropParams: false,
  nativeHeaders: { headers: {}, droppedParams: [] },
} as unknown as Parameters<typeof prepareMessage>[0];

it.each([
  [undefined, 100],
  [40, 40],
])("with %s tokens put aside, %i are asked for, after the rules", (aside, sent) => {
  const deployment = anthropicDeployment();
  const { sealed, request, findings, droppedParams } = prepareMessage(asked, deployment, aside);
  const body = JSON.parse(sealed.text);
  expect([body.max_tokens, body.model, request.max_tokens]).toEqual([sent, deployment.upstreamModel, sent]);
  expect(body.system[0]).toEqual({ type: "text", text: "Be careful." });
  expect([sealed.promptId, findings, droppedParams]).toEqual(["standard@000000000000", [], []]);
});

it("names all that is left out: by the translation, for the rules, of the headers", () => {
  const body = { ...asked.body, api_base: "x", context_management: { edits: [] } };
  const nativeHeaders = { headers: {}, droppedParams: ["anthropic-beta.skills-2025-10-02"] };
  const free = { level: "unrestricted", promptId: null, blocks: [] };
  const dropped = (more: object) =>
    prepareMessage({ ...asked, body, ...more }, anthropicDeployment()).droppedParams;
  expect(dropped({ nativeHeaders })).toEqual([
    "api_base",
    "context_management",
    "anthropic-beta.skills-2025-10-02",
  ]);
  expect(dropped({ policy: free })).toEqual(["api_base"]);
});

it("sends InvokeModel the features in the body", () => {
  const nativeHeaders = { headers: { "anthropic-beta": "effort-2025-11-24" }, droppedParams: [] };
  const { sealed } = prepareMessage({ ...asked, nativeHeaders }, bedrock("invoke"));
  expect(JSON.parse(sealed.text).anthropic_beta).toEqual(["effort-2025-11-24"]);
});

it("refuses what the wire API refuses, with its field", () => {
  const body = { ...asked.body, max_tokens: 0 };
  expect(() => prepareMessage({ ...asked, body }, anthropicDeployment())).toThrow(
    expect.objectContaining({ param: "max_tokens" }),
  );
});
