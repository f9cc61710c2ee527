import { type Answer, call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { MODEL } from "../../support/services/gateway-processes";
import { bodyOf, DIALECTS, type Dialect, toolOf } from "../../support/working-rules/bodies";

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
/** `"k100000":1,` and so on: twelve bytes each. */
const MANY = Array.from({ length: MEMBERS }, (_, index) => `"k${100_000 + index}":1`).join(",");
const HOLE = '"hole":0';

/** A valid request in whose `HOLE` the members are. */
function withMembers(dialect: Dialect, more: object): Buffer {
  const body = JSON.stringify({ model: MODEL, ...bodyOf(dialect, { more }) });
  return Buffer.from(body.replace(HOLE, MANY));
}

const PLACES: Readonly<Record<string, (dialect: Dialect) => object>> = {
  "beside the fields of the API": () => ({ hole: 0 }),
  "in its metadata": () => ({ metadata: { hole: 0 } }),
  "in the schema of a tool": (dialect) => {
    const schema = { type: "object", properties: { hole: 0 } };
    const tool = dialect === "messages" ? { input_schema: schema } : { parameters: schema };
    const chat = { type: "function", function: { name: "f", ...tool } };
    return { tools: [dialect === "chat" ? chat : toolOf(dialect, tool)] };
  },
};

/** @returns those that got neither an answer nor a refusal that says why */
async function sendMany(bodies: readonly Buffer[], paths: readonly string[], key: string): Promise<Answer[]> {
  const asked = Array.from({ length: AT_ONCE }, (_, index) =>
    call(`${gateways.first.url}${paths[index % paths.length]}`, {
      key,
      body: bodies[index % bodies.length] as Buffer,
      from: "127.0.0.66",
      timeoutMs: 60_000,
    }),
  );
  const answers = await Promise.all(asked);
  return answers.filter(({ status }) => ![200, 400, 413, 429, 503].includes(status));
}

describe.each(Object.entries(PLACES))("990,000 members %s", (_place, more) => {
  it.each(DIALECTS)("%s", async (dialect) => {
    const key = await gateways.makeKey();
    const body = withMembers(dialect, more(dialect));
    await gateways.withstand(async () => {
      const wrong = await sendMany([body], [PATHS[dialect]], key);
      expect(wrong.map(({ status, body: text }) => `${status} ${text.slice(0, 200)}`)).toEqual([]);
    });
  });
});

it("all three at once, of a key without a right to ask the model", async () => {
  const key = await gateways.makeKey({ models: ["another-model"] });
  const bodies = DIALECTS.map((dialect) => withMembers(dialect, { hole: 0 }));
  await gateways.withstand(() =>
    sendMany(
      bodies,
      DIALECTS.map((dialect) => PATHS[dialect]),
      key,
    ),
  );
});
