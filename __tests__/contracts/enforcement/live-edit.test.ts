import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { BUILT_IN_LEVELS } from "../../../services/gateway/enforcement/levels";
import { PromptStore } from "../../../services/gateway/live-config/prompt-store";
import { FileWatch } from "../../../services/shared/file-watch";
import { createLogger } from "../../../services/shared/logger";
import { bodyOf } from "../../support/enforcement/bodies";
import { closeRaw, sendRaw } from "../../support/enforcement/raw-request";
import {
  keyOf,
  modelOf,
  type RulesGateway,
  startRulesGateway,
} from "../../support/enforcement/rules-gateway";
import { eventually } from "../../support/services/eventually";
import { temporaryFolder } from "../../support/temporary-folder";

/** Rules that are edited while requests run: each request has one whole version, and the answer names it. */
const LANES = ["a", "b", "c"];
const versionOf = (number: number) =>
  `# Rules ${number}\n\n${`Rule of version ${number}. `.repeat(200)}`.trim();
const VERSIONS = Array.from({ length: 6 }, (_unused, number) => versionOf(number));

let watch: FileWatch;
let rules: RulesGateway;
let file: string;

beforeAll(async () => {
  const directory = temporaryFolder();
  file = path.join(directory, "standard.md");
  fs.writeFileSync(file, VERSIONS[0] as string);
  const store = new PromptStore({
    directory,
    levels: { all: BUILT_IN_LEVELS },
    logger: createLogger({ name: "test", level: "silent" }),
  });
  await store.readAll(40);
  watch = new FileWatch({ directories: [directory], files: [store], settleMs: 40, pollMs: 60 });
  watch.start();
  rules = await startRulesGateway(LANES, store);
});
afterAll(async () => {
  watch.stop();
  closeRaw();
  await rules.close();
});

const sha12 = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Versions that a request was sent with, one for each attempt, and the one that the answer names. */
async function ask(lane: string) {
  const response = await sendRaw(rules.url, {
    method: "POST",
    path: "/v1/messages",
    headers: { authorization: `Bearer ${keyOf("standard")}`, "content-type": "application/json" },
    body: JSON.stringify({ model: modelOf(lane, "anthropic", "failover"), ...bodyOf("messages", {}) }),
  });
  expect(response.status).toBe(200);
  const sent = rules.provider.take(lane).map(({ bytes }) => {
    const { system } = JSON.parse(bytes.toString()) as { system: { text: string }[] };
    expect(system).toHaveLength(1);
    return VERSIONS.indexOf(system[0]?.text as string);
  });
  const named = VERSIONS.findIndex(
    (text) => response.headers["x-enforced-prompt"] === `standard@${sha12(text)}`,
  );
  return { sent, named };
}

it("are whole in every request, the old or the new ones", async () => {
  let isOver = false;
  const seen = new Set<number>();
  let count = 0;
  const callers = LANES.map(async (lane) => {
    let latest = 0;
    while (!isOver) {
      const { sent, named } = await ask(lane);
      expect(sent).toEqual([named, named]);
      expect(named).toBeGreaterThanOrEqual(latest);
      latest = named;
      seen.add(named);
      count++;
    }
  });
  for (const [number, text] of VERSIONS.entries()) {
    if (number === 0) continue;
    // Half of it, and the rest later, as editors and copies write.
    fs.writeFileSync(file, text.slice(0, text.length / 2));
    await wait(10);
    fs.appendFileSync(file, text.slice(text.length / 2));
    await eventually(() => seen.has(number));
  }
  isOver = true;
  await Promise.all(callers);
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(count).toBeGreaterThan(12);
});

it.each([
  ["emptied", () => fs.writeFileSync(file, "")],
  ["filled with what is no text", () => fs.writeFileSync(file, Buffer.from([0xff, 0, 1]))],
  ["removed", () => fs.rmSync(file)],
])("stay in force when their file is %s", async (_name, spoil) => {
  spoil();
  await wait(250);
  expect(await ask("a")).toEqual({ sent: [5, 5], named: 5 });
});
