import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BUILT_IN_LEVELS,
  type EnforcementLevel,
  EnforcementLevels,
  LiveLevels,
} from "../../../../services/gateway/enforcement/levels";
import {
  lookAtPrompt,
  type PromptFile,
  type PromptRead,
  PromptStore,
  readPrompt,
  UNREAD,
} from "../../../../services/gateway/live-config/prompt-store";
import { FileWatch } from "../../../../services/shared/file-watch";
import { eventually } from "../../../support/services/eventually";
import { temporaryFolder } from "../../../support/temporary-folder";

describe("prompt store", () => {
  const [unrestricted, standard, designFirst] = BUILT_IN_LEVELS as [
    EnforcementLevel,
    EnforcementLevel,
    EnforcementLevel,
  ];

  let directory: string;
  let log: string[];
  let store: PromptStore;
  let watch: FileWatch;

  const open = async (
    pollMs: number,
    levels: { all: readonly EnforcementLevel[] } = { all: BUILT_IN_LEVELS },
  ) => {
    const write = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`);
    store = new PromptStore({ directory, levels, logger: { info: write, error: write } as never });
    await store.readAll(5);
    watch = new FileWatch({ directories: [directory], files: [store], settleMs: 5, pollMs });
  };
  const write = (text: string) => writeFileSync(join(directory, "standard.md"), text);
  const inForce = () => store.find(standard)?.text;

  beforeEach(() => {
    directory = temporaryFolder();
    log = [];
    write("Be careful.\n");
  });
  afterEach(() => watch.stop());

  it("has what the files say, and nothing for levels without one", async () => {
    await open(3_600_000);
    expect(store.find(standard)).toMatchObject({
      text: "Be careful.",
      id: expect.stringMatching(/^standard@[0-9a-f]{12}$/),
    });
    expect(store.find(designFirst)).toBeUndefined();
    expect(store.find(unrestricted)).toBeUndefined();
    expect(log).toHaveLength(2);
    expect(log[0]).toMatch(/^enforced prompt loaded \{"level":"standard"/);
    expect(log[1]).toBe(
      'enforced prompt rejected, requests at this level are rejected {"level":"design-first","prompt":null,"reason":"ENOENT"}',
    );
  });

  it.each([
    ["the directory is watched", 3_600_000],
    ["it is only polled", 10],
  ])("takes over an edit and refuses a broken one: %s", async (_name, pollMs) => {
    await open(pollMs);
    watch.start();
    write("Be very careful.");
    await eventually(() => inForce() === "Be very careful.");
    write("");
    await eventually(() => /keeping the previous version .*"reason":"empty"/.test(log.at(-1) ?? ""));
    expect(inForce()).toBe("Be very careful.");
    rmSync(join(directory, "standard.md"));
    await eventually(() => /"reason":"ENOENT"/.test(log.at(-1) ?? ""));
    expect(inForce()).toBe("Be very careful.");
    write("Be careful again.");
    await eventually(() => inForce() === "Be careful again.");
    expect(log.join("\n")).not.toContain("careful");
  });

  it("notices within two seconds that its directory was put in the place of another by a link", async () => {
    const folder = directory;
    const deliver = (name: string) => {
      mkdirSync(join(folder, name, "prompts"), { recursive: true });
      writeFileSync(join(folder, name, "prompts", "standard.md"), name);
      symlinkSync(name, join(folder, "next"));
      renameSync(join(folder, "next"), join(folder, "current"));
    };
    deliver("first");
    directory = join(folder, "current", "prompts");
    store = new PromptStore({
      directory,
      levels: { all: BUILT_IN_LEVELS },
      logger: { info: () => {}, error: () => {} } as never,
    });
    await store.readAll();
    watch = new FileWatch({ directories: [directory], files: [store] });
    watch.start();
    for (const name of ["second", "third"]) {
      deliver(name);
      await eventually(() => inForce() === name, 2000);
    }
  });

  it("reads the files of levels that are added, and forgets those that are gone", async () => {
    const levels = new LiveLevels(new EnforcementLevels());
    const pair = { name: "pair", file: "pair.md", strictness: 150 };
    writeFileSync(join(directory, "pair.md"), "Work in pairs.");
    writeFileSync(join(directory, "other.md"), "Work alone.");
    await open(3_600_000, levels);
    expect(store.find(pair)).toBeUndefined();

    levels.replace(new EnforcementLevels({ custom: [pair] }));
    watch.look();
    await eventually(() => store.find(pair)?.text === "Work in pairs.");

    const renamed = { ...pair, file: "other.md" };
    levels.replace(new EnforcementLevels({ custom: [renamed] }));
    watch.look();
    // The rules of another file are never taken for those of this one.
    expect(store.find(renamed)).toBeUndefined();
    await eventually(() => store.find(renamed)?.text === "Work alone.");
    expect(store.find(pair)).toBeUndefined();
  });

  it("says of each level with a file whether it has rules, and whether what the file holds was refused", async () => {
    await open(10);
    watch.start();
    const stateOf = (level: string) => store.states().find((one) => one.level === level);
    expect(stateOf("standard")).toEqual({ level: "standard", isInForce: true, isRefused: false });
    expect(stateOf("design-first")).toEqual({ level: "design-first", isInForce: false, isRefused: true });
    expect(stateOf("unrestricted")).toBeUndefined();
    write("");
    await eventually(() => stateOf("standard")?.isRefused === true);
    expect(stateOf("standard")?.isInForce).toBe(true);
  });
});

describe("prompt file", () => {
  const content = (text: string): PromptRead => ({ bytes: Buffer.from(text) });
  const gone: PromptRead = { unreadable: "ENOENT" };
  const look = (...reads: PromptRead[]): PromptFile =>
    reads.reduce((file, read) => lookAtPrompt(file, "standard", read), UNREAD);
  const summary = ({ phase, inForce, refused }: PromptFile) => ({ phase, text: inForce?.text, refused });

  describe("after these looks", () => {
    it.each<[string, PromptRead[], { phase: string; text?: string; refused?: string }]>([
      ["one: not taken over yet", [content("A")], { phase: "changing" }],
      ["two alike", [content("A"), content("A")], { phase: "settled", text: "A" }],
      ["two unlike", [content("A"), content("AB")], { phase: "changing" }],
      ["half, then whole", [content("A"), content("AB"), content("AB")], { phase: "settled", text: "AB" }],
      ["an edit, seen once", [content("A"), content("A"), content("B")], { phase: "changing", text: "A" }],
      ["an edit", [content("A"), content("A"), content("B"), content("B")], { phase: "settled", text: "B" }],
      ["never there", [gone, gone], { phase: "settled", refused: "ENOENT" }],
      ["gone", [content("A"), content("A"), gone, gone], { phase: "settled", text: "A", refused: "ENOENT" }],
      [
        "gone for a moment",
        [content("A"), content("A"), gone, content("A"), content("A")],
        { phase: "settled", text: "A" },
      ],
      [
        "emptied",
        [content("A"), content("A"), content(""), content("")],
        { phase: "settled", text: "A", refused: "empty" },
      ],
      [
        "back after a mistake",
        [content(""), content(""), content("B"), content("B")],
        { phase: "settled", text: "B" },
      ],
    ])("%s", (_name, reads, expected) => {
      expect(summary(look(...reads))).toEqual({ text: undefined, refused: undefined, ...expected });
    });
  });

  it("keeps the same version when only white space around it changes", () => {
    const before = look(content("A"), content("A"));
    const after = [content("A\n"), content("A\n")].reduce(
      (file, read) => lookAtPrompt(file, "standard", read),
      before,
    );
    expect(after.inForce).toBe(before.inForce);
  });

  it("does not judge again what it has judged", () => {
    const settled = look(gone, gone);
    expect(lookAtPrompt(settled, "standard", gone)).toBe(settled);
  });
});

describe("read prompt", () => {
  const folder = temporaryFolder();

  it("reads a file", () => {
    const path = join(folder, "a.md");
    writeFileSync(path, "Be careful.");
    expect(readPrompt(path)).toEqual({ bytes: Buffer.from("Be careful.") });
  });

  it("reads no more than it must to see that a file is too long", () => {
    const path = join(folder, "long.md");
    writeFileSync(path, "x".repeat(200_000));
    expect(readPrompt(path)).toEqual({ bytes: Buffer.alloc(65_537, "x") });
  });

  it("says why there is nothing to read", () => {
    mkdirSync(join(folder, "folder.md"));
    execFileSync("mkfifo", [join(folder, "pipe.md")]);
    expect(readPrompt(join(folder, "missing.md"))).toEqual({ unreadable: "ENOENT" });
    expect(readPrompt(join(folder, "folder.md"))).toEqual({ unreadable: "not a file" });
    expect(readPrompt(join(folder, "pipe.md"))).toEqual({ unreadable: "not a file" });
  });
});
