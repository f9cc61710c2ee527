import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, DIALECTS, type Dialect } from "../../support/enforcement/bodies";
import { answerInPieces } from "../../support/faults/billing-provider";
import { type Answer, call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { ProcessFaults } from "../../support/faults/process-faults";
import { eventually } from "../../support/services/eventually";
import { MODEL } from "../../support/services/gateway-processes";

/**
 * A gateway that gives no sign of life for a time while requests run: the whole process stopped, as a machine that is moved or
 * starved does, or its main thread alone. Others go to the other gateway; nobody is charged more than was used, for good.
 */
const faults = new ProcessFaults();
const gateways = useDeployedGateways({ first: faults.props });

const PATHS: Readonly<Record<Dialect, string>> = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};
/** What a request may cost at most, in tokens of the answer: much more than it uses. */
const ALLOWED_TOKENS = 60_000;

beforeAll(() => {
  gateways.provider.plays.set("steadily", answerInPieces(12, 100));
  gateways.provider.plays.set("slowly", answerInPieces(6, 1000));
});

/** Asks the first gateway for six answers, lets something happen while they run, and demands that all come whole. */
async function whileSixRun(play: string, fault: () => Promise<void>): Promise<void> {
  const key = await gateways.makeKey();
  const before = gateways.provider.requests;
  const asked = DIALECTS.flatMap((dialect) => [true, false].map((stream) => ask(key, dialect, stream, play)));
  await eventually(() => gateways.provider.requests >= before + asked.length, 5000);
  await wait(200);
  await fault();
  const answers = await Promise.all(asked);
  expect(
    answers.map(({ status, body }) => (status === 200 ? 200 : `${status} ${body.slice(0, 200)}`)),
  ).toEqual(answers.map(() => 200));
}

function ask(key: string, dialect: Dialect, stream: boolean, play: string): Promise<Answer> {
  const rows = [{ role: "user", content: `play ${play}` }];
  const allowed =
    dialect === "responses" ? { max_output_tokens: ALLOWED_TOKENS } : { max_tokens: ALLOWED_TOKENS };
  const body = { model: MODEL, stream, ...bodyOf(dialect, { rows, more: allowed }) };
  return call(`${gateways.first.url}${PATHS[dialect]}`, { key, body, timeoutMs: 30_000 });
}

async function stopFirst(ms: number): Promise<void> {
  gateways.first.signal("STOP");
  await wait(ms);
  gateways.first.signal("CONT");
}

/** Others are at the other gateway: one that stands still serves nobody. */
const elsewhere = () => ({ bystandersAt: [gateways.second] });

it.each([3000, 6000])("a gateway that is stopped for %d ms charges what was used", (ms) =>
  gateways.withstand(() => whileSixRun("steadily", () => stopFirst(ms)), elsewhere()),
);

it("a gateway that is stopped again and again charges what was used", () =>
  gateways.withstand(
    () =>
      whileSixRun("slowly", async () => {
        for (let round = 0; round < 3; round += 1) {
          await stopFirst(3300);
          await wait(300);
        }
      }),
    elsewhere(),
  ));

it("a gateway whose main thread stands still for 5 s charges what was used", () =>
  gateways.withstand(() => whileSixRun("steadily", () => faults.stopMainThread(5000)), elsewhere()));
