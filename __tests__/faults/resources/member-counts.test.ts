import { bodyOf, DIALECTS, type Dialect, toolOf } from "../../support/enforcement/bodies";
import { call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { MODEL } from "../../support/services/gateway-processes";

/**
 * Bodies well below the limit of bytes that hold very many values: 11.8 MB with 990,000 members take many times as much memory
 * as text of that length. Ten at once, in each API, at each place where a client may say what it likes.
 */
const gateways = useDeployedGateways();

const MEMBERS = 990_000;
const AT_ONCE = 10;
const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
/** It was answered, or refused for a reason; 529 is how the Messages API says that there is no room. */
const ANSWERS = [200, 400, 403, 413, 429, 503, 529];
/** `"k100000":1,` and so on: twelve bytes each. */
const MANY = Array.from({ length: MEMBERS }, (_, index) => `"k${100_000 + index}":1`).join(",");
const HOLE = '"hole":0';

/** A valid request in whose `HOLE` the members are. */
function withMembers(dialect: Dialect, more: object): Buffer {
  const body = JSON.stringify({ model: MODEL, ...bodyOf(dialect, { more }) });
  return Buffer.from(body.replace(HOLE, MANY));
}

const PLACES: Readonly<Record<string, (dialect: Dialect) => object>> = {
  "in its metadata": () => ({ metadata: { hole: 0 } }),
  "in the schema of a tool": (dialect) => {
    const schema = { type: "object", properties: { hole: 0 } };
    const tool = dialect === "messages" ? { input_schema: schema } : { parameters: schema };
    const chat = { type: "function", function: { name: "f", ...tool } };
    return { tools: [dialect === "chat" ? chat : toolOf(dialect, tool)] };
  },
};

/** Sends ten of them at once, and demands an answer or a refusal that says why for each. */
async function sendTen(key: string, requests: readonly (readonly [Dialect, Buffer])[]): Promise<void> {
  const asked = Array.from({ length: AT_ONCE }, (_, index) => {
    const [dialect, body] = requests[index % requests.length] as readonly [Dialect, Buffer];
    return call(`${gateways.first.url}${PATHS[dialect]}`, {
      key,
      body,
      from: "127.0.0.66",
      timeoutMs: 30_000,
    });
  });
  const answers = await Promise.all(asked);
  const wrong = answers.filter(({ status }) => !ANSWERS.includes(status));
  expect(wrong.map(({ status, body: text }) => `${status} ${text.slice(0, 200)}`)).toEqual([]);
}

it.each(DIALECTS)("%s: 990,000 members beside the fields of the API", async (dialect) => {
  const key = await gateways.makeKey();
  const body = withMembers(dialect, { hole: 0 });
  await gateways.withstand(() => sendTen(key, [[dialect, body]]));
});

it.each(Object.keys(PLACES))("all three APIs: 990,000 members %s", async (place) => {
  const key = await gateways.makeKey();
  const more = PLACES[place] as (dialect: Dialect) => object;
  const requests = DIALECTS.map((dialect) => [dialect, withMembers(dialect, more(dialect))] as const);
  await gateways.withstand(() => sendTen(key, requests));
});

it("all three APIs: of a key that may not ask for the model", async () => {
  const key = await gateways.makeKey({ models: ["another-model"] });
  const requests = DIALECTS.map((dialect) => [dialect, withMembers(dialect, { hole: 0 })] as const);
  await gateways.withstand(() => sendTen(key, requests));
});
