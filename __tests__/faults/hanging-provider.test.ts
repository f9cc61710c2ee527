import { setTimeout as wait } from "node:timers/promises";
import { type Answer, call } from "../support/faults/call";
import { HANGS, HangingProvider } from "../support/faults/hanging-provider";
import { FakeAnthropic } from "../support/services/fake-anthropic";
import { GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * A deployment that hangs, under more load than the gateway has places for while it waits: two gateways with 40 places each, a real
 * Postgres, and 30 requests a second and gateway for the model that hangs. Time limits are those of `config.yaml`.
 */
const PLACES = 40;
const RATE = 30;
const SECONDS = 3;
/** Nobody may have more than seven eighths of the places: several who ask are needed to take all of them. */
const CALLERS = 4;
const STEADY = "a-model-of-another-provider";

let hanging: HangingProvider;
let well: FakeAnthropic;
let processes: GatewayProcesses;
let gateways: ServiceProcess[];
let callers: string[];
let bystander: string;

const config = () => {
  const entry = (name: string, url: string, more = "") =>
    `  - model_name: ${name}
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY, api_base: "${url}"${more} }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }`;
  const entries = [
    entry(STEADY, well.url),
    ...HANGS.flatMap((hang) => [
      entry(hang, hanging.urlOf(hang), ", stream_timeout: 1.5, timeout: 20"),
      entry(hang, well.url),
    ]),
    entry("alone", hanging.urlOf("no-answer"), ", stream_timeout: 4"),
  ];
  return `model_list:\n${entries.join("\n")}\n`;
};

beforeAll(async () => {
  [hanging, well] = await Promise.all([HangingProvider.start(), FakeAnthropic.start()]);
  processes = await GatewayProcesses.start({
    upstreamUrl: well.url,
    config: config(),
    env: { MAX_ANSWERS_IN_FLIGHT: String(PLACES) },
  });
  await processes.useDatabase("hanging_provider");
  gateways = await Promise.all([processes.startGateway(), processes.startGateway()]);
  const [first] = gateways as [ServiceProcess];
  callers = await Promise.all(Array.from({ length: CALLERS }, () => makeKey(first)));
  bystander = await makeKey(first);
  await wait(500); // the other gateway hears of the keys
}, 120_000);

afterAll(async () => {
  await processes?.stop();
  await Promise.all([hanging?.stop(), well?.stop()]);
}, 60_000);

function ask({ url }: ServiceProcess, model: string, key: string): Promise<Answer> {
  const body = { model, max_tokens: 100, messages: [{ role: "user", content: "go" }] };
  return call(`${url}/v1/chat/completions`, { key, body, timeoutMs: 30_000 });
}

/** Asks at every gateway, `RATE` times a second. */
async function load(model: string): Promise<Answer[]> {
  const answers: Promise<Answer>[] = [];
  for (let count = 0; count < RATE * SECONDS; count += 1) {
    for (const gateway of gateways) answers.push(ask(gateway, model, callers[count % CALLERS] ?? ""));
    await wait(1000 / RATE);
  }
  return Promise.all(answers);
}

/** Asks for another model at every gateway, one after the other, until `over` resolves. */
async function standBy(over: Promise<unknown>): Promise<Answer[]> {
  let isOver = false;
  void over.finally(() => {
    isOver = true;
  });
  const asking = gateways.map(async (gateway) => {
    const answers: Answer[] = [];
    while (!isOver) {
      answers.push(await ask(gateway, STEADY, bystander));
      await wait(50);
    }
    return answers;
  });
  return (await Promise.all(asking)).flat();
}

const outcomeOf = ({ status, body }: Answer) =>
  status === 200 ? "200" : `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? body}`;
const outcomesOf = (answers: readonly Answer[]) => [...new Set(answers.map(outcomeOf))].sort();

test.each(HANGS)(
  "%s: the other deployment takes over, another model is served throughout",
  async (model) => {
    const running = load(model);
    const others = await standBy(running);
    expect(outcomesOf(others)).toEqual(["200"]);
    expect(others.length).toBeGreaterThan(10);
    const answers = await running;
    // Only as long as nobody can know that it hangs may its model have too little room.
    expect(outcomesOf(answers).filter((outcome) => outcome !== "503 model_overloaded")).toEqual(["200"]);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(answers.length / 2);

    for (const gateway of gateways) {
      const now = await Promise.all(callers.map((key) => ask(gateway, model, key)));
      expect(outcomesOf(now)).toEqual(["200"]);
      expect(now.map(({ headers }) => headers["x-litellm-model-id"])).toEqual(now.map(() => `${model}/1`));
      const said = gateway.output.split("\n").filter((line) => line.includes(`"${model}/0"`));
      expect(said.filter((line) => line.includes("deployment cooling down"))).not.toEqual([]);
      expect(said.filter((line) => line.includes('"reason":"first byte timeout"'))).not.toEqual([]);
      const { body: metrics } = await call(`${gateway.url}/metrics`);
      expect(metrics).toMatch(
        new RegExp(
          `^gateway_upstream_requests_total\\{deployment="${model}/0",outcome="upstream_timeout"\\} `,
          "m",
        ),
      );
      expect(metrics).toMatch(new RegExp(`^gateway_failovers_total\\{model="${model}"\\} `, "m"));
    }
  },
  60_000,
);

test("a model whose only deployment hangs has half of the places, and the others are served", async () => {
  const model = "alone";
  const running = Promise.all(
    gateways.flatMap((gateway) =>
      Array.from({ length: PLACES * 2 }, (_, index) => ask(gateway, model, callers[index % CALLERS] ?? "")),
    ),
  );
  const others = await standBy(running);
  expect(outcomesOf(others)).toEqual(["200"]);
  const answers = await running;
  // All come at the same moment, before anybody has read for which model.
  const outcomes = outcomesOf(answers).filter((outcome) => outcome !== "503 gateway_overloaded");
  expect(outcomes).toEqual(["503 model_overloaded", "504 upstream_timeout"]);
  const refused = answers.find(({ body }) => body.includes("model_overloaded"));
  expect(refused?.headers["retry-after"]).toBe("5");
  expect(refused?.body).toContain("model=alone");
  // Never all at once, and never fewer than what it may have.
  expect(answers.filter(({ status }) => status === 504).length).toBeGreaterThanOrEqual(PLACES / 2);
}, 60_000);
