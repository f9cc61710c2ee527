import { attackGateway } from "../../support/enforcement/attack-gateway";
import { DIALECTS, type Dialect, dialectOf } from "../../support/enforcement/bodies";
import { PROVIDER_KINDS } from "../../support/enforcement/capturing-provider";
import { randomBody } from "../../support/enforcement/random-bodies";
import { closeRaw } from "../../support/enforcement/raw-request";
import { ATTEMPTS, type RulesGateway, startRulesGateway } from "../../support/enforcement/rules-gateway";
import { Random } from "../../support/services/random";

/** Bodies made at random, judged as the attacks are. `RULES_BODIES` of each wire API make it longer. */
const COUNT = Number(process.env["RULES_BODIES"] ?? 350);
const LANES = ["a", "b", "c", "d"];
let rules: RulesGateway;

beforeAll(async () => {
  rules = await startRulesGateway(LANES);
});
afterAll(async () => {
  closeRaw();
  await rules.close();
});

async function attack(lane: string, dialect: Dialect, seed: number) {
  const random = new Random(seed);
  const paths = rules.routes.filter(
    ({ accessesModels, path }) => accessesModels && dialectOf(path) === dialect,
  );
  const body = randomBody(random, dialect);
  return attackGateway(rules, {
    lane,
    path: random.pick(paths).path,
    dialect,
    attack: { vector: 0, name: `seed ${seed}`, body: () => body },
    isStream: random.int(0, 1) === 1,
    attempt: random.pick(ATTEMPTS),
    kind: random.pick(PROVIDER_KINDS),
  });
}

it.each(DIALECTS)(
  "of %s are sent with the rules or not at all",
  async (dialect) => {
    const failures: string[] = [];
    let sent = 0;
    let seed = 0;
    await Promise.all(
      LANES.map(async (lane) => {
        while (seed < COUNT) {
          const own = ++seed;
          const verdict = await attack(lane, dialect, own);
          if (verdict?.outcome !== "refused") sent++;
          for (const wrong of verdict?.wrong ?? ["no verdict"]) failures.push(`seed ${own}: ${wrong}`);
        }
      }),
    );
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(COUNT / 4);
  },
  600_000,
);
