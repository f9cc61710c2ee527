import type { EnforcementCase } from "./enforcement-cases";
import { type GatewayAnswer, type GatewayClient, messageOf } from "./gateway-client";
import { type GenerationRequest, generationRequests } from "./generation-requests";

/** What a check is about; the columns of the table. */
export const CHECK_KINDS = [
  "metadata",
  "chat completions",
  "messages",
  "responses",
  "asked for less",
  "own key",
] as const;

/** One thing that was looked at. */
export interface Check {
  readonly kind: (typeof CHECK_KINDS)[number];
  /** What was done, such as `POST /v1/messages, stream`. */
  readonly action: string;
  readonly holds: boolean;
  /** What was expected and what came. `undefined`: it holds. */
  readonly fault: string | undefined;
}

const COUNTING = "/v1/messages/count_tokens";
const KIND_OF = {
  "/v1/chat/completions": "chat completions",
  "/v1/messages": "messages",
  [COUNTING]: "messages",
  "/v1/responses": "responses",
} as const;

/** Everything about one key, asked with that key alone. */
export async function checkEnforcement(
  gateway: GatewayClient,
  key: string,
  expected: EnforcementCase,
  model: string,
): Promise<Check[]> {
  const before = await checkMetadata(gateway, key, expected, "GET /key/info");
  const answers = await Promise.all(
    generationRequests(model).map((request) => checkGeneration(gateway, key, expected, request)),
  );
  const changes = [
    await checkRefused(gateway, key, "/key/update", { key, metadata: { enforcement_level: "unrestricted" } }),
    await checkRefused(gateway, key, "/key/generate", { metadata: { enforcement_level: "unrestricted" } }),
  ];
  return [
    before,
    ...answers,
    ...changes,
    await checkMetadata(gateway, key, expected, "GET /key/info, at the end"),
  ];
}

async function checkMetadata(
  gateway: GatewayClient,
  key: string,
  { level }: EnforcementCase,
  action: string,
): Promise<Check> {
  const answer = await gateway.get("/key/info", key);
  if (answer.status !== 200) return check("metadata", action, messageOf(answer));
  const found = metadataOf(answer)["enforcement_level"];
  const fault = `metadata.enforcement_level must be ${level ?? "left out"}, is ${JSON.stringify(found) ?? "left out"}`;
  return check("metadata", action, found === level ? undefined : fault);
}

function metadataOf({ text }: GatewayAnswer): Record<string, unknown> {
  try {
    return JSON.parse(text).info.metadata ?? {};
  } catch {
    return {};
  }
}

async function checkGeneration(
  gateway: GatewayClient,
  key: string,
  { promptId }: EnforcementCase,
  { path, isStream, asksForLess, headers, body }: GenerationRequest,
): Promise<Check> {
  const action = `POST ${path}${isStream ? ", stream" : ""}${asksForLess ? ", asked for less" : ""}`;
  const kind = asksForLess ? "asked for less" : KIND_OF[path];
  const answer = await gateway.post(path, key, body, headers);
  const found = answer.headers.get("x-enforced-prompt");
  // Not every provider counts; the header says all the same what would have been sent.
  if (path === COUNTING && found === promptId) return check(kind, action, undefined);
  if (answer.status !== 200) return check(kind, action, messageOf(answer));
  const type = answer.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream") !== isStream) {
    return check(
      kind,
      action,
      `the answer must ${isStream ? "" : "not "}be a stream, is ${type || "of no type"}`,
    );
  }
  return check(kind, action, found === promptId ? undefined : describeDifference(promptId, found));
}

function describeDifference(expected: string | null, found: string | null): string {
  const difference = `x-enforced-prompt must be ${expected ?? "left out"}, is ${found ?? "left out"}`;
  const levelOf = (id: string | null) => id?.split("@")[0];
  return levelOf(expected) === levelOf(found)
    ? `${difference}: the gateway has other rules than prompts/; put these into it (docs/operations.md)`
    : difference;
}

/** A key has no business with keys. */
async function checkRefused(
  gateway: GatewayClient,
  key: string,
  path: string,
  body: unknown,
): Promise<Check> {
  const answer = await gateway.post(path, key, body);
  const isRefused = answer.status === 401 || answer.status === 403;
  // Of an answer that made a key the text holds that key.
  const fault = `must be refused with 401 or 403, got HTTP ${answer.status}`;
  return check("own key", `POST ${path}`, isRefused ? undefined : fault);
}

function check(kind: Check["kind"], action: string, fault: string | undefined): Check {
  return { kind, action, holds: fault === undefined, fault };
}
