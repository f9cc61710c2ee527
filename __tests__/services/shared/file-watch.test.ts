import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { FileWatch } from "../../../services/shared/file-watch";
import { eventually } from "../../support/services/eventually";
import { temporaryFolder } from "../../support/temporary-folder";

const NEVER = 3_600_000;
let watch: FileWatch;
let looks: number[];
beforeEach(() => {
  looks = [];
});
afterEach(() => watch.stop());

/** Files of which the first so many looks see something new. */
const changing = (count: number) => ({
  look: () => {
    looks.push(performance.now());
    return looks.length > count;
  },
});

test("a change in a directory is looked at, and again until nothing is new", async () => {
  const directory = temporaryFolder();
  watch = new FileWatch({ directories: [directory], files: [changing(3)], settleMs: 30, pollMs: NEVER });
  watch.start();
  writeFileSync(join(directory, "file"), "");
  await eventually(() => looks.length === 4);
  for (const [index, at] of looks.slice(1).entries())
    expect(at - (looks[index] as number)).toBeGreaterThanOrEqual(25);
});

test("without reports of changes, and without a directory, it looks now and then", async () => {
  const directory = join(temporaryFolder(), "missing");
  watch = new FileWatch({ directories: [directory], files: [changing(0)], pollMs: 10 });
  watch.start();
  await eventually(() => looks.length > 2);
});

test("nobody makes two looks follow each other faster than something half-written may stand", () => {
  watch = new FileWatch({ directories: [], files: [changing(1)], settleMs: NEVER });
  watch.look();
  watch.look();
  expect(looks).toHaveLength(1);
});

test("a look that asks for another one does not look twice at what comes after it", () => {
  const asking = { look: () => watch.look() === undefined };
  watch = new FileWatch({ directories: [], files: [asking, changing(0)] });
  watch.look();
  expect(looks).toHaveLength(1);
});

test("stops", async () => {
  watch = new FileWatch({ directories: [], files: [changing(NEVER)], settleMs: 10, pollMs: 10 });
  watch.start();
  await eventually(() => looks.length > 0);
  watch.stop();
  const count = looks.length;
  await wait(50);
  expect(looks).toHaveLength(count);
});
