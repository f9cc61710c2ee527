import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  CatalogReloader,
  type CatalogReloaderSettings,
  LiveCatalog,
} from "../../../../services/gateway/live-config/catalog-reloader";
import { loadCatalog } from "../../../../services/gateway/live-config/load-catalog";
import { createLogger } from "../../../../services/shared/logger";
import { eventually } from "../../../support/services/eventually";

const config = (name: string, model = "claude-sonnet-4-5") => `
model_list:
  - model_name: ${name}
    litellm_params: { model: anthropic/${model} }
`;

let directory: string;
let file: string;
let catalog: LiveCatalog;
let reloader: CatalogReloader;
let log: string[];
let nowMs: number;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "reload-test-"));
  file = path.join(directory, "config.yaml");
  fs.writeFileSync(file, config("one"));
  nowMs = Date.parse("2026-11-24");
});
afterEach(() => {
  reloader.stop();
  fs.rmSync(directory, { recursive: true, force: true });
});

function start(props: Partial<CatalogReloaderSettings> = {}): void {
  log = [];
  const env = { ANTHROPIC_API_KEY: "the-credential" };
  const loaded = loadCatalog(file, { env, nowMs });
  catalog = new LiveCatalog(loaded.catalog);
  reloader = new CatalogReloader({
    path: file,
    origin: {},
    env: () => env,
    catalog,
    logger: createLogger({
      name: "test",
      level: "info",
      destination: { write: (line) => void log.push(line) },
    }),
    clock: { now: () => nowMs },
    loaded,
    quietMs: 20,
    pollMs: 3_600_000,
    ...props,
  });
  reloader.start();
}

const models = () => [...catalog.groups.keys()];

test("a file that is written over, and one that is put in its place", async () => {
  start();
  fs.writeFileSync(file, config("two"));
  await eventually(() => models()[0] === "two");
  fs.writeFileSync(`${file}.new`, config("three"));
  fs.renameSync(`${file}.new`, file);
  await eventually(() => models()[0] === "three");
  expect(log.join("")).toContain("configuration reloaded");
});

test("without a watcher the poll finds it", async () => {
  start({ quietMs: 3_600_000, pollMs: 20 });
  fs.writeFileSync(file, config("two"));
  await eventually(() => models()[0] === "two");
});

test("a directory that is put in the place of another by a link is noticed within two seconds", async () => {
  const deliver = (name: string) => {
    fs.mkdirSync(path.join(directory, name));
    fs.writeFileSync(path.join(directory, name, "config.yaml"), config(name));
    fs.symlinkSync(name, path.join(directory, "next"));
    fs.renameSync(path.join(directory, "next"), path.join(directory, "current"));
  };
  deliver("first");
  file = path.join(directory, "current", "config.yaml");
  start({ quietMs: undefined, pollMs: undefined } as never);
  for (const name of ["second", "third"]) {
    deliver(name);
    await eventually(() => models()[0] === name, 2000);
  }
});

test.each([
  ["watched", { quietMs: 150, pollMs: 3_600_000 }],
  ["polled", { quietMs: 150, pollMs: 60 }],
])("a file that is half-written never takes effect: %s", async (_name, times) => {
  start(times);
  const seen = new Set<string>();
  const watching = setInterval(() => void seen.add(models().join()), 5);
  fs.writeFileSync(file, config("half"));
  await wait(80);
  fs.writeFileSync(file, config("half") + config("whole").replace("model_list:", ""));
  await eventually(() => models().length === 2);
  clearInterval(watching);
  expect([...seen].filter((names) => names === "half")).toEqual([]);
});

test("the variables are those of the moment in which the file is loaded", async () => {
  let key: string | undefined = "first";
  start({ env: () => ({ ANTHROPIC_API_KEY: key }) });
  key = undefined;
  reloader.reload();
  expect(catalog.groups.get("one")).toEqual([]);
});

test("a wrong file is refused once, with its place, and the old one stays in force", async () => {
  start({ pollMs: 20 });
  fs.writeFileSync(file, config("two", "").replace("anthropic/", "openai/gpt"));
  await eventually(() => log.join("").includes("rejected"));
  await wait(100);
  expect(models()).toEqual(["one"]);
  const refusals = log.filter((line) => line.includes("rejected"));
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toMatch(/config\.yaml:4:\d+ model_list\.0\.litellm_params\.model: must begin with/);
  expect(log.join("")).not.toContain("the-credential");
  fs.writeFileSync(file, config("three"));
  await eventually(() => models()[0] === "three");
});

test("a file that cannot even be judged is refused too", async () => {
  start();
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x,x]",
    "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]",
    "c: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]",
  ];
  fs.writeFileSync(file, `${bomb.join("\n")}\n`);
  await eventually(() => log.join("").includes("rejected"));
  expect(models()).toEqual(["one"]);
});

test("a file that goes away changes nothing, and is taken again when it is back", async () => {
  start({ pollMs: 20 });
  fs.rmSync(file);
  await eventually(() => log.join("").includes("cannot be read"));
  expect(models()).toEqual(["one"]);
  fs.writeFileSync(file, config("two"));
  await eventually(() => models()[0] === "two");
});

test("on demand also an unchanged file is loaded, so that its deployments begin afresh", () => {
  start();
  const before = catalog.groups.get("one")?.[0];
  reloader.reload();
  expect(catalog.groups.get("one")?.[0]).toEqual(before);
  expect(catalog.groups.get("one")?.[0]).not.toBe(before);
});

test("time limits change with the file", () => {
  start();
  const limits = () => catalog.groups.get("one")?.[0]?.timeouts;
  expect(limits()).toBeUndefined();
  fs.writeFileSync(file, `${config("one")}router_settings: { stream_timeout: 3 }\n`);
  reloader.reload();
  expect(limits()).toEqual({ firstEventMs: 3000 });
});

test("a list price that becomes valid is taken over on its day", async () => {
  fs.writeFileSync(file, config("one", "claude-sonnet-5-5"));
  nowMs = Date.parse("2026-10-06T23:59:59Z");
  start({ pollMs: 20 });
  const cacheRead = () => catalog.groups.get("one")?.[0]?.prices?.cacheReadPicoUsd;
  expect(cacheRead()).toBe(200_000);
  nowMs += 1000;
  await eventually(() => cacheRead() === 100_000);
});

test("a price that was taken over by a clock that was ahead is taken back when the clock is right", async () => {
  fs.writeFileSync(file, config("one", "claude-sonnet-5-5"));
  nowMs = Date.parse("2026-10-08T00:00:00Z");
  start({ pollMs: 20 });
  const cacheRead = () => catalog.groups.get("one")?.[0]?.prices?.cacheReadPicoUsd;
  expect(cacheRead()).toBe(100_000);
  nowMs = Date.parse("2026-10-06T00:00:00Z");
  await eventually(() => cacheRead() === 200_000);
});

test("levels come with the file; where a new one names an unknown level, the old ones stay in force", async () => {
  const inForce: string[] = [];
  start({ onLoaded: ({ levels }) => void inForce.push(levels.levelOf({}).name) });
  fs.writeFileSync(file, `${config("two")}enforcement_settings: { default_level: design-first }\n`);
  await eventually(() => models()[0] === "two");
  fs.writeFileSync(file, `${config("three")}enforcement_settings: { default_level: strict }\n`);
  await eventually(() => log.join("").includes("rejected"));
  expect(log.join("")).toMatch(/config\.yaml:5:25 enforcement_settings\.default_level: strict is not one of/);
  expect([models(), inForce]).toEqual([["two"], ["design-first"]]);
});

test("says whether the file is in force, since when, and how often it was refused", async () => {
  start();
  const { succeededAt } = reloader.state;
  expect(reloader.state).toEqual({ succeededAt: expect.any(Number), isInForce: true, failures: 0 });
  fs.writeFileSync(file, "model_list: nonsense");
  reloader.reload();
  reloader.reload();
  expect(reloader.state).toEqual({ succeededAt, isInForce: false, failures: 2 });
  fs.writeFileSync(file, config("two"));
  reloader.reload();
  expect(reloader.state).toMatchObject({ isInForce: true, failures: 2 });
  expect(reloader.state.succeededAt).toBeGreaterThanOrEqual(succeededAt);
});
