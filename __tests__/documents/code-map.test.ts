import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { importsOf, PROJECT } from "../support/source-files";

const read = (path: string) => readFileSync(join(PROJECT, path), "utf8");
const architecture = read("docs/architecture.md");
const contributing = read("CONTRIBUTING.md");

const GATEWAY = "services/gateway";
const isThere = (path: string) => existsSync(join(PROJECT, path));

/** What stands between backticks and looks like a path; `<name>` stands for any file of the folder. */
const pathsIn = (text: string) => [
  ...new Set(
    [...text.matchAll(/`([\w.<>-]+(?:\/[\w.<>-]+)*\/?)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => path.includes("/") && !path.startsWith(".") && /(?:\/|\.ts|\.md)$/.test(path)),
  ),
];
const exists = (path: string, bases: readonly string[]) =>
  bases.some((base) =>
    path.includes("<name>")
      ? isThere(posix.join(base, posix.dirname(path)))
      : isThere(posix.join(base, path)),
  );

describe("CONTRIBUTING.md", () => {
  const map = contributing.split("## The map")[1]?.split("\n## ")[0] ?? "";

  it.each([
    "`tool_choice`",
    "`max_tokens`",
    "cooling down",
    "`/key/list`",
    "column for the session",
    "image of a service",
  ])("says where to find %s", (question) => {
    const row = map.split("\n").find((line) => line.startsWith("| ") && line.includes(question));
    expect(pathsIn(row ?? "")).not.toEqual([]);
  });

  it.each(pathsIn(contributing))("names %s, which exists", (path) => expect(exists(path, [""])).toBe(true));

  it.each([
    ["`tool_choice`", "tool_choice"],
    ["`max_tokens`", "affordableTokens"],
    ["cooling down", "cooldown_time"],
    ["`/key/list`", "listKeys"],
    ["column for the session", "session_id"],
    ["image of a service", "postgres:"],
  ])("sends whoever looks for %s to files that have %s", (question, word) => {
    const row = map.split("\n").find((line) => line.includes(question)) ?? "";
    const found = pathsIn(row).filter((path) => read(path).includes(word));
    expect(found).not.toEqual([]);
  });

  it("asks for the Node that CI and the images use", () => {
    const version = read(".nvmrc").trim();
    const workflows = readdirSync(join(PROJECT, ".github/workflows")).map((name) =>
      read(`.github/workflows/${name}`),
    );
    const used = workflows.flatMap((text) =>
      [...text.matchAll(/node-version: (\d+)/g)].map(([, major]) => major),
    );
    expect([...new Set(used)]).toEqual([version]);
    expect(read("services/gateway/Dockerfile")).toContain(`NODE_IMAGE=node:${version}.`);
  });
});

test("the licence is the one that package.json names", () => {
  const { license } = JSON.parse(read("package.json")) as { license: string };
  expect(license).toBe("Apache-2.0");
  expect(read("LICENSE")).toMatch(/Apache License\s+Version 2\.0, January 2004/);
  expect(read("LICENSE")).toContain("END OF TERMS AND CONDITIONS");
});

it.each(
  ["README.md", "services/README.md", ...readdirSync(join(PROJECT, "docs")).map((name) => `docs/${name}`)]
    .filter((page) => page.endsWith(".md"))
    .flatMap((page) => pathsIn(read(page)).map((path) => ({ page, path }))),
)("$page names $path, which exists", ({ path }) =>
  expect(exists(path, ["", "services", GATEWAY, "constructs", "cli", "__tests__"])).toBe(true),
);

describe("docs/architecture.md", () => {
  it("has a row for each room of the gateway", () => {
    const table = architecture.split("| room | concern |")[1]?.split("\n\n")[0] ?? "";
    const rows = [...table.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, room]) => room);
    const rooms = readdirSync(join(PROJECT, GATEWAY), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(rows.sort()).toEqual(rooms.sort());
  });
});

describe("sequence diagrams", () => {
  interface Call {
    readonly from: string;
    readonly to: string;
  }

  const diagrams = [...architecture.matchAll(/^```mermaid\nsequenceDiagram\n(.*?)^```$/gms)].map(
    ([, text = ""], index) => {
      const base = index === 0 ? "" : GATEWAY;
      const files = new Map(
        [...text.matchAll(/^\s*participant (\w+) as (\S+)$/gm)].map(([, id = "", path = ""]) => [
          id,
          posix.join(base, path),
        ]),
      );
      const actors = [...text.matchAll(/^\s*actor (\w+)/gm)].map(([, id = ""]) => id);
      const arrows = [...text.matchAll(/^\s*(\w+)(--?>>)(\w+): /gm)].map(
        ([, from = "", arrow = "", to = ""]) => ({ from, arrow, to }),
      );
      const calls: Call[] = arrows
        .filter(({ arrow }) => arrow === "->>")
        .flatMap(({ from, to }) => {
          const [caller, called] = [files.get(from), files.get(to)];
          return caller === undefined || called === undefined ? [] : [{ from: caller, to: called }];
        });
      return { files, ids: [...files.keys(), ...actors], arrows, calls };
    },
  );
  const calls = diagrams.flatMap((diagram) => diagram.calls);

  it("are one of a deploy and one of a request", () => {
    expect(diagrams.map(({ files }) => [...files.values()].some((file) => file.startsWith("cli/")))).toEqual([
      true,
      false,
    ]);
    expect(calls.length).toBeGreaterThan(20);
  });

  it.each(diagrams.flatMap(({ files }) => [...files.values()]))("name %s, which exists", (file) =>
    expect(isThere(file)).toBe(true),
  );

  it("have arrows between what they name only, and nobody who takes no part", () => {
    for (const { ids, arrows } of diagrams) {
      const used = new Set(arrows.flatMap(({ from, to }) => [from, to]));
      expect([...used].sort()).toEqual([...ids].sort());
    }
  });

  it.each(calls)("call what is imported: $from → $to", ({ from, to }) => {
    const imported = importsOf(from).map(({ file }) => file);
    // A folder is imported by its name.
    expect(imported).toContain(
      [to.replace(/\.ts$/, ""), posix.dirname(to)].find((path) => imported.includes(path)),
    );
  });
});
