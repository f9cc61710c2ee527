import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  LiveConfiguration,
  type LiveConfigurationSettings,
} from "../../../../services/gateway/live-config/live-configuration";
import { loadCatalog } from "../../../../services/gateway/live-config/load-catalog";
import { LiveSecrets } from "../../../../services/shared/live-secrets";
import { createLogger } from "../../../../services/shared/logger";
import { eventually } from "../../../support/services/eventually";

const config = (name: string, model = "claude-sonnet-4-5") => `
model_list:
  - model_name: ${name}
    litellm_params: { model: anthropic/${model} }
`;

let directory: string;
let file: string;
let configuration: LiveConfiguration;
let log: string[];
let nowMs: number;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "reload-test-"));
  file = path.join(directory, "config.yaml");
  fs.writeFileSync(file, config("one"));
  nowMs = Date.parse("2026-11-24");
});
afterEach(() => {
  configuration.stop();
  fs.rmSync(directory, { recursive: true, force: true });
});

async function start(
  props: Partial<LiveConfigurationSettings> = {},
  env: Record<string, string> = { ANTHROPIC_API_KEY: "the-credential" },
): Promise<void> {
  log = [];
  const secrets = new LiveSecrets(env);
  configuration = new LiveConfiguration({
    path: file,
    origin: {},
    promptsDirectory: directory,
    secrets,
    acceptSecrets: () => {},
    isReferable: () => true,
    logger: createLogger({
      name: "test",
      level: "info",
      destination: { write: (line) => void log.push(line) },
    }),
    clock: { now: () => nowMs },
    loaded: loadCatalog(file, { env: secrets.variables, nowMs }),
    settleMs: 20,
    pollMs: 3_600_000,
    ...props,
  });
  await configuration.start();
  log = [];
}

const models = () => [...configuration.catalog.groups.keys()];

test("a file that is written over, and one that is put in its place", async () => {
  await start();
  fs.writeFileSync(file, config("two"));
  await eventually(() => models()[0] === "two");
  fs.writeFileSync(`${file}.new`, config("three"));
  fs.renameSync(`${file}.new`, file);
  await eventually(() => models()[0] === "three");
  expect(log.join("")).toContain("configuration reloaded");
});

test("without a watcher the poll finds it", async () => {
  await start({ pollMs: 20 });
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
  await start({ settleMs: undefined, pollMs: undefined } as never);
  for (const name of ["second", "third"]) {
    deliver(name);
    await eventually(() => models()[0] === name, 2000);
  }
});

test.each([
  ["watched", { settleMs: 150, pollMs: 3_600_000 }],
  ["polled", { settleMs: 150, pollMs: 60 }],
])("a file that is half-written never takes effect: %s", async (_name, times) => {
  await start(times);
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
  const secrets = path.join(directory, "first");
  fs.mkdirSync(secrets);
  fs.writeFileSync(path.join(secrets, "ANTHROPIC_API_KEY"), "the-credential");
  fs.symlinkSync("first", path.join(directory, "secrets"));
  await start({}, { SECRETS_DIRECTORY: path.join(directory, "secrets") });
  expect(configuration.catalog.groups.get("one")).toHaveLength(1);
  // A whole directory in the place of another needs no second look.
  fs.mkdirSync(path.join(directory, "second"));
  fs.symlinkSync("second", path.join(directory, "next"));
  fs.renameSync(path.join(directory, "next"), path.join(directory, "secrets"));
  configuration.reload();
  expect(configuration.catalog.groups.get("one")).toEqual([]);
});

test("a wrong file is refused once, with its place, and the old one stays in force", async () => {
  await start({ pollMs: 20 });
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
  await start();
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
  await start({ pollMs: 20 });
  fs.rmSync(file);
  await eventually(() => log.join("").includes("cannot be read"));
  expect(models()).toEqual(["one"]);
  fs.writeFileSync(file, config("two"));
  await eventually(() => models()[0] === "two");
});

test("on demand also an unchanged file is loaded, so that its deployments begin afresh", async () => {
  await start();
  const before = configuration.catalog.groups.get("one")?.[0];
  configuration.reload();
  expect(configuration.catalog.groups.get("one")?.[0]).toEqual(before);
  expect(configuration.catalog.groups.get("one")?.[0]).not.toBe(before);
});

test("time limits change with the file", async () => {
  await start();
  const limits = () => configuration.catalog.groups.get("one")?.[0]?.timeouts;
  expect(limits()).toBeUndefined();
  fs.writeFileSync(file, `${config("one")}router_settings: { stream_timeout: 3 }\n`);
  configuration.reload();
  expect(limits()).toEqual({ firstEventMs: 3000 });
});

test("a list price that becomes valid is taken over on its day", async () => {
  fs.writeFileSync(file, config("one", "claude-sonnet-5-5"));
  nowMs = Date.parse("2026-10-06T23:59:59Z");
  await start({ pollMs: 20 });
  const cacheRead = () => configuration.catalog.groups.get("one")?.[0]?.prices?.cacheReadPicoUsd;
  expect(cacheRead()).toBe(200_000);
  nowMs += 1000;
  await eventually(() => cacheRead() === 100_000);
});

test("a price that was taken over by a clock that was ahead is taken back when the clock is right", async () => {
  fs.writeFileSync(file, config("one", "claude-sonnet-5-5"));
  nowMs = Date.parse("2026-10-08T00:00:00Z");
  await start({ pollMs: 20 });
  const cacheRead = () => configuration.catalog.groups.get("one")?.[0]?.prices?.cacheReadPicoUsd;
  expect(cacheRead()).toBe(100_000);
  nowMs = Date.parse("2026-10-06T00:00:00Z");
  await eventually(() => cacheRead() === 200_000);
});

test("levels come with the file; where a new one names an unknown level, the old ones stay in force", async () => {
  await start();
  fs.writeFileSync(file, `${config("two")}enforcement_settings: { default_level: design-first }\n`);
  await eventually(() => models()[0] === "two");
  fs.writeFileSync(file, `${config("three")}enforcement_settings: { default_level: strict }\n`);
  await eventually(() => log.join("").includes("rejected"));
  expect(log.join("")).toMatch(/config\.yaml:5:25 enforcement_settings\.default_level: strict is not one of/);
  expect([models(), configuration.levels.levelOf({}).name]).toEqual([["two"], "design-first"]);
});

test("the rules of a level that the file adds are read at once", async () => {
  fs.writeFileSync(path.join(directory, "pair.md"), "Work in pairs.");
  await start();
  const custom = "levels: [{ name: pair, file: pair.md, strictness: 150 }]";
  fs.writeFileSync(file, `${config("two")}enforcement_settings: { ${custom} }\n`);
  configuration.reload();
  const pair = configuration.levels.all.find(({ name }) => name === "pair");
  expect(pair).toBeDefined();
  await eventually(() => pair !== undefined && configuration.prompts.find(pair)?.text === "Work in pairs.");
});

test("a secret that the file may refer to loads it anew, another one does not", async () => {
  const secrets = path.join(directory, "secrets");
  const write = (name: string, text: string) => fs.writeFileSync(path.join(secrets, name), text);
  fs.mkdirSync(secrets);
  write("ANTHROPIC_API_KEY", "the-credential");
  write("PROCESS_ONLY", "first");
  await start({ pollMs: 20, isReferable: (name) => name !== "PROCESS_ONLY" }, { SECRETS_DIRECTORY: secrets });
  write("PROCESS_ONLY", "second");
  await eventually(() => log.join("").includes("secrets reloaded"));
  expect(log.join("")).not.toContain("configuration reloaded");
  write("ANTHROPIC_API_KEY", "another-credential");
  await eventually(() => log.join("").includes("configuration reloaded"));
  expect(log.join("")).not.toContain("another-credential");
});

test("says whether the file is in force, since when, and how often it was refused", async () => {
  await start();
  const { succeededAt } = configuration.state;
  expect(configuration.state).toEqual({ succeededAt: expect.any(Number), isInForce: true, failures: 0 });
  fs.writeFileSync(file, "model_list: nonsense");
  configuration.reload();
  configuration.reload();
  expect(configuration.state).toEqual({ succeededAt, isInForce: false, failures: 2 });
  fs.writeFileSync(file, config("two"));
  configuration.reload();
  expect(configuration.state).toMatchObject({ isInForce: true, failures: 2 });
  expect(configuration.state.succeededAt).toBeGreaterThanOrEqual(succeededAt);
});
