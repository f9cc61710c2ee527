import { GatewayProcesses, MASTER_KEY, makeKey } from "../support/services/gateway-processes";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Two gateway processes on one Postgres: an administrator tightens a key at one of them while a provisioner, who may not
 * loosen, changes it at the other, which may not have heard of it yet. Whichever comes first, the key ends up tightened.
 */
const ROUNDS = 40;

let processes: GatewayProcesses;
let here: ServiceProcess;
let there: ServiceProcess;
let provisioner: string;

beforeAll(async () => {
  processes = await GatewayProcesses.start({ upstreamUrl: "http://127.0.0.1:9" });
  await processes.useDatabase("loosening");
  here = await processes.startGateway();
  there = await processes.startGateway();
  const made = await call(here, MASTER_KEY, "/admin/token/new", { name: "prov", role: "provisioner" });
  provisioner = made.body.token;
}, 90_000);
afterAll(() => processes?.stop());

async function call({ url }: ServiceProcess, credential: string, path: string, body: object) {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers by their fields
  return { status: response.status, body: (await response.json()) as any };
}

test.each<[string, { before: object; tight: object; loose: object }]>([
  [
    "working rules",
    {
      before: { enforcement_level: "standard" },
      tight: { enforcement_level: "design-first" },
      loose: { enforcement_level: "standard", team: "b" },
    },
  ],
  [
    "screening",
    {
      before: { guardrails: { screen: "off" } },
      tight: { guardrails: { screen: "block" } },
      loose: { guardrails: { screen: "off" }, team: "b" },
    },
  ],
])(
  "a provisioner cannot take back what an administrator tightens at the same time: %s",
  async (_what, { before, tight, loose }) => {
    const statuses = new Set<number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = await makeKey(here, { metadata: before });
      const { key_id: key } = (await call(here, MASTER_KEY, "/key/info", { key: made })).body.info;
      // Known over there, in the state that is about to be changed.
      while ((await call(there, MASTER_KEY, "/key/info", { key })).status !== 200);
      const path = round % 2 === 0 ? "/key/update" : "/key/regenerate";
      const [tightened, loosened] = await Promise.all([
        call(here, MASTER_KEY, "/key/update", { key, metadata: tight }),
        call(there, provisioner, path, { key, metadata: loose }),
      ]);
      statuses.add(loosened.status);
      const [standing] = await processes.query<{ metadata: object }>(
        `SELECT metadata FROM virtual_keys WHERE key_id = '${key}'`,
      );
      expect([round, tightened.status, standing?.metadata]).toEqual([round, 200, tight]);
    }
    expect([...statuses].every((status) => status === 200 || status === 403)).toBe(true);
  },
  120_000,
);
