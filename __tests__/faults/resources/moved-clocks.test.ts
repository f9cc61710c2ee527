import { call } from "../../support/faults/call";
import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { ProcessFaults } from "../../support/faults/process-faults";
import { MODEL } from "../../support/services/gateway-processes";

/**
 * One of two gateways has a clock that is wrong, from its start or from one moment to the next (`preload.cjs` says what that does
 * not prove). It goes on serving, keeps all audit rows, and admits no more than the limits say.
 */
const faults = new ProcessFaults();
const gateways = useDeployedGateways({
  first: { ...faults.props, env: { ...faults.props.env, AUDIT_RETENTION: "30d" } },
});

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLOCKS: readonly (readonly [name: string, shiftMs: number])[] = [
  ["five years ahead", 5 * 365 * DAY],
  ["two months ahead", 62 * DAY],
  ["an hour behind", -HOUR],
  ["ten years behind", -3650 * DAY],
];

const FROM_THE_FUTURE = "from-the-future";

beforeAll(async () => {
  // As a gateway with a wrong clock has left it once: a year and a half ahead, where no partition is yet.
  await gateways.query(`
    INSERT INTO audit_log SELECT (jsonb_populate_record(a, jsonb_build_object(
      'request_id', gen_random_uuid(), 'started_at', now() + interval '549 days',
      'key_alias', '${FROM_THE_FUTURE}', 'cost_nano_usd', 0))).* FROM audit_log a LIMIT 1`);
});
afterEach(() => faults.turnClock(0));

function ask(key: string): Promise<number> {
  const body = { model: MODEL, messages: [{ role: "user", content: "go" }], max_tokens: 10 };
  return call(`${gateways.first.url}/v1/chat/completions`, { key, body }).then(({ status }) => status);
}

async function countRows(): Promise<number> {
  return (await gateways.readBooks()).rows;
}

/** Rows whose time is not that of the database, give or take most of an hour. */
function findMisdated(): Promise<object[]> {
  return gateways.query(`SELECT started_at, now(), route, status, key_alias FROM audit_log
    WHERE abs(extract(epoch FROM started_at - now())) > 3000 AND key_alias IS DISTINCT FROM '${FROM_THE_FUTURE}'`);
}

it.each(CLOCKS)(
  "a gateway that is started with its clock %s serves, and keeps all rows",
  async (_name, shiftMs) => {
    const before = await countRows();
    await gateways.withstand(
      async () => {
        await faults.turnClock(shiftMs);
        // It makes and drops partitions of the audit log when it starts. The second restart finds what the first has written.
        for (let start = 0; start < 2; start += 1) {
          await gateways.first.restartGracefully();
          expect(await ask(await gateways.makeKey())).toBe(200);
        }
      },
      { bystandersAt: [gateways.second] },
    );
    expect(await countRows()).toBeGreaterThan(before);
    expect(await findMisdated()).toEqual([]);
  },
);

it("a clock that jumps while requests run changes neither what is served nor what is kept", async () => {
  const before = await countRows();
  await gateways.withstand(async () => {
    for (const [, shiftMs] of [...CLOCKS, ["right", 0] as const]) await faults.turnClock(shiftMs);
  });
  expect(await countRows()).toBeGreaterThan(before);
  expect(await findMisdated()).toEqual([]);
});

it.each([-HOUR, HOUR, -10 * 365 * DAY])(
  "rpm_limit lets no more through when the clock jumps by %d ms",
  async (shiftMs) => {
    const limit = 30;
    const key = await gateways.makeKey({ rpm_limit: limit });
    const statuses: number[] = [];
    await gateways.withstand(async () => {
      for (const shift of [0, shiftMs, 0]) {
        await faults.turnClock(shift);
        statuses.push(...(await Promise.all(Array.from({ length: 25 }, () => ask(key)))));
      }
    });
    expect(statuses.filter((status) => status === 200)).toHaveLength(limit);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  },
);
