import pino from "pino";
import { PostgresLink } from "../../../../../services/gateway/store/postgres/link";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

let postgres: EmbeddedPostgres;
beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
afterAll(() => postgres.stop());

/** Keeps the event loop busy, in pieces. @returns what ends it */
function holdUp(pieceMs: number): () => void {
  let isOver = false;
  const piece = () => {
    const end = performance.now() + pieceMs;
    while (performance.now() < end);
    if (!isOver) setImmediate(piece);
  };
  piece();
  return () => {
    isOver = true;
  };
}

test("a process that is held up itself does not take the database for gone", async () => {
  let polls = 0;
  const link = new PostgresLink({
    address: { connectionString: await postgres.createDatabase("held_up") },
    logger: pino({ level: "silent" }),
    pollMs: 10,
    deadlineMs: 300,
    users: [
      {
        onPoll: async (client) => {
          // Each answer takes a turn of the loop.
          for (let count = 0; count < 4; count += 1) await client.query("SELECT 1");
          polls += 1;
        },
      },
    ],
  });
  link.start();
  await eventually(() => polls > 0);
  const seen: boolean[] = [];
  const before = polls;
  const resume = holdUp(200);
  await eventually(() => {
    seen.push(link.isConnected);
    return polls > before + 2;
  }, 60_000);
  resume();
  expect(seen).not.toContain(false);
  await link.stop();
}, 90_000);
