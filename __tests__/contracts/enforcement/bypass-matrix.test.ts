import { attackGateway, type Cell, outcomeOf } from "../../support/enforcement/attack-gateway";
import { ATTACKS } from "../../support/enforcement/attacks";
import { dialectOf } from "../../support/enforcement/bodies";
import { PROVIDER_KINDS } from "../../support/enforcement/capturing-provider";
import { closeRaw } from "../../support/enforcement/raw-request";
import { ATTEMPTS, type RulesGateway, startRulesGateway } from "../../support/enforcement/rules-gateway";

/**
 * Every registered way to an answer × every known way around the rules, judged by the bytes that the providers received.
 * A request was sent with the rules first and nothing that sets them aside, or it was refused and nothing was sent, or it
 * was a count that the gateway estimated itself.
 *
 * Everywhere each attack meets each route, streamed and not, at the first attempt of one kind of provider and at a failover
 * to one kind, which are other ones for the next attack. `RULES_FULL=1`, which the acceptance suite sets, runs them all.
 */
const IS_FULL = process.env["RULES_FULL"] === "1";
const LANES = ["a", "b", "c", "d", "e", "f"];
let rules: RulesGateway;

beforeAll(async () => {
  rules = await startRulesGateway(LANES);
});
afterAll(async () => {
  closeRaw();
  await rules.close();
});

function* cellsOf(attack: (typeof ATTACKS)[number]): Generator<Omit<Cell, "lane">> {
  const turn = ATTACKS.indexOf(attack);
  for (const { path } of rules.routes.filter(({ accessesModels }) => accessesModels)) {
    for (const [number, kind] of PROVIDER_KINDS.entries()) {
      for (const [later, attempt] of ATTEMPTS.entries()) {
        // The failover is to another kind than the one of the first attempt.
        if (!IS_FULL && (turn + later) % PROVIDER_KINDS.length !== number) continue;
        for (const isStream of [false, true]) {
          yield { path, dialect: dialectOf(path), attack, isStream, attempt, kind };
        }
      }
    }
  }
}

it("is about the routes that there are", () => {
  expect(rules.routes.filter(({ accessesModels }) => accessesModels).map(({ path }) => path)).toEqual(
    expect.arrayContaining(["/v1/chat/completions", "/v1/messages", "/v1/responses"]),
  );
});

describe.each([...new Set(ATTACKS.map(({ vector }) => vector))].sort((a, b) => a - b))(
  "vector %i",
  (vector) => {
    it.each(ATTACKS.filter((attack) => attack.vector === vector))("$name", async (attack) => {
      const failures: string[] = [];
      let count = 0;
      const cells = cellsOf(attack);
      await Promise.all(
        LANES.map(async (lane) => {
          for (const cell of cells) {
            const verdict = await attackGateway(rules, { ...cell, lane });
            if (verdict === undefined) continue;
            count++;
            const { outcome, response, wrong } = verdict;
            const expected = outcomeOf({ ...cell, lane });
            const where = `${cell.path} ${cell.kind} ${cell.attempt} ${cell.isStream ? "stream" : "whole"}`;
            if (outcome !== expected)
              failures.push(`${where}: ${outcome} ${response.status} ${response.body.slice(0, 300)}`);
            for (const one of wrong) failures.push(`${where}: ${one}`);
          }
        }),
      );
      expect(failures).toEqual([]);
      expect(count).toBeGreaterThan(0);
    });
  },
);
