import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { PROJECT, sourceFiles } from "../support/source-files";

interface Example {
  /** Of the class. */
  readonly name: string;
  readonly file: string;
  /** Undefined where there is none. */
  readonly code: string | undefined;
}

/** Constructs that people can use: exported classes that extend one of CDKTF's or of our own. */
function constructsOf(file: string): Example[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(PROJECT, file), "utf8"),
    ts.ScriptTarget.ES2022,
    true,
  );
  return source.statements.filter(ts.isClassDeclaration).flatMap((node) => {
    const parent = node.heritageClauses?.[0]?.types[0]?.expression.getText(source) ?? "";
    if (!/^(Construct|TerraformStack|Service)$/.test(parent)) return [];
    const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === "example");
    return [{ name: node.name?.text ?? "", file, code: ts.getTextOfJSDocComment(tag?.comment) }];
  });
}

const examples = sourceFiles("constructs").flatMap(constructsOf);
const index = readFileSync(join(PROJECT, "constructs/index.ts"), "utf8");

describe("constructs", () => {
  it("are found at all", () => expect(examples.map(({ name }) => name)).toContain("Gateway"));

  it.each(examples)("$name is exported, and its docstring has an example", ({ name, code }) => {
    expect(index).toMatch(new RegExp(`\\b${name}\\b`));
    expect(code ?? "").toContain(name);
  });

  it("have props of seven members at most, on those that all services share", () => {
    const sizes = sourceFiles("constructs").flatMap((file) => {
      const text = readFileSync(join(PROJECT, file), "utf8");
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
      return source.statements
        .filter(ts.isInterfaceDeclaration)
        .filter(({ name, heritageClauses }) =>
          [name.text, heritageClauses?.[0]?.types[0]?.getText(source) ?? ""].some((type) =>
            /^(Omit<)?ServiceProps\b/.test(type),
          ),
        )
        .map(({ name, members }): [string, number] => [name.text, members.length]);
    });
    expect(sizes.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        "ServiceProps",
        "GatewayProps",
        "KeyProvisionerProps",
        "WorkspaceFirewallProps",
      ]),
    );
    expect(sizes.filter(([, size]) => size > 7)).toEqual([]);
  });

  it("have examples that compile", () => {
    // Beside the example of the folder, so that imports are found as they are there.
    const folder = join(PROJECT, "examples/compose-your-own");
    const names = [...index.matchAll(/[{,]\s*(?:type )?(\w+)(?=\s*[,}])/g)].map(([, name = ""]) => name);
    const prelude = `import { App, TerraformStack } from "cdktf";\nimport { ${names.join(", ")} } from "../../constructs";\ndeclare const stack: TerraformStack;\n`;
    const files = new Map(
      examples.map(({ name, code = "" }) => [
        join(folder, `${name}.example.ts`),
        `${prelude}${code}\nexport {};\n`,
      ]),
    );
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      esModuleInterop: true,
      resolveJsonModule: true,
      types: ["node"],
    };
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, getSourceFile } = host;
    host.readFile = (file) => files.get(file) ?? readFile(file);
    host.fileExists = (file) => files.has(file) || fileExists(file);
    host.getSourceFile = (file, version, ...rest) => {
      const text = files.get(file);
      return text === undefined
        ? getSourceFile(file, version, ...rest)
        : ts.createSourceFile(file, text, version);
    };
    const program = ts.createProgram([...files.keys()], options, host);
    const faults = [...files.keys()].flatMap((file) => {
      const source = program.getSourceFile(file);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
        ({ messageText }) =>
          `${file.slice(folder.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
      );
    });
    expect(faults).toEqual([]);
  }, 120_000);
});
