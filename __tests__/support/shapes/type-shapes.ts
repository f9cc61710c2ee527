import path from "node:path";
import ts from "typescript";

/** Types of a file, to hold values against at run time. */
export class TypeShapes {
  readonly #checker: ts.TypeChecker;
  readonly #types = new Map<string, ts.Type>();

  /** @param file beside this one, such as `openai-shapes` */
  constructor(file: string) {
    const source = path.join(__dirname, `${file}.ts`);
    const program = ts.createProgram([source], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ["node"],
    });
    this.#checker = program.getTypeChecker();
    const root = program.getSourceFile(source) as ts.SourceFile;
    const module = this.#checker.getSymbolAtLocation(root) as ts.Symbol;
    for (const symbol of this.#checker.getExportsOfModule(module)) {
      this.#types.set(symbol.name, this.#checker.getDeclaredTypeOfSymbol(symbol));
    }
  }

  /** Names of the members of a type, and of all alternatives where it has some. */
  membersOf(type: string): string[] {
    const found = this.#types.get(type);
    if (found === undefined) throw new Error(`there is no type ${type}`);
    const types = found.isUnion() ? found.types : [found];
    const names = types.flatMap((one) => this.#checker.getPropertiesOfType(one).map(({ name }) => name));
    return [...new Set(names)].sort();
  }

  /**
   * What in a value that came as JSON is not as the type has it: members that are missing, unknown, or of another type.
   * @param extra paths of members that the type need not know, without places in lists
   */
  mismatches(value: unknown, type: string, extra: readonly string[] = []): string[] {
    const found = this.#types.get(type);
    if (found === undefined) throw new Error(`there is no type ${type}`);
    return this.#compare(value, found, type).filter(
      (line) =>
        !extra.some((allowed) => line === `${allowed} is unknown` || line.endsWith(`.${allowed} is unknown`)),
    );
  }

  #compare(value: unknown, type: ts.Type, at: string): string[] {
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return [];
    if (type.isUnion()) return this.#compareUnion(value, type.types, at);
    // `string & {}`: any text, whose known values an editor proposes.
    const primitive = type.isIntersection() ? type.types.find((one) => !isObjectType(one)) : undefined;
    if (primitive !== undefined) return this.#compare(value, primitive, at);
    if (type.isLiteral())
      return value === type.value ? [] : [`${at} is ${show(value)}, not ${show(type.value)}`];
    if (type.flags & ts.TypeFlags.BooleanLiteral) {
      return String(value) === this.#checker.typeToString(type) ? [] : [`${at} is ${show(value)}`];
    }
    for (const [flag, name] of PRIMITIVES) {
      if (type.flags & flag) return kindOf(value) === name ? [] : [`${at} is ${show(value)}, not ${name}`];
    }
    if (this.#checker.isArrayType(type)) {
      if (!Array.isArray(value)) return [`${at} is no list`];
      const [element] = this.#checker.getTypeArguments(type as ts.TypeReference);
      return value.flatMap((one) => this.#compare(one, element as ts.Type, at));
    }
    return this.#compareObject(value, type, at);
  }

  /** The alternative that it fits, or else the one that it fits best; alternatives of another `type` are not asked. */
  #compareUnion(value: unknown, types: readonly ts.Type[], at: string): string[] {
    const named = types.filter((type) => this.#isNamed(value, type));
    // What is an object is best said about as one, and not as no text.
    const alike = types.filter((type) => isObjectType(type) === ["object", "list"].includes(kindOf(value)));
    const asked = [named, alike, types].find((some) => some.length > 0) ?? types;
    const results = asked.map((type) => this.#compare(value, type, at));
    return results.reduce((best, one) => (one.length < best.length ? one : best));
  }

  #isNamed(value: unknown, type: ts.Type): boolean {
    const symbol = type.getProperty("type");
    if (symbol === undefined || kindOf(value) !== "object") return false;
    const name = this.#checker.getTypeOfSymbol(symbol);
    return name.isStringLiteral() && name.value === (value as Record<string, unknown>)["type"];
  }

  #compareObject(value: unknown, type: ts.Type, at: string): string[] {
    if (kindOf(value) !== "object") return [`${at} is ${show(value)}, not an object`];
    const object = value as Record<string, unknown>;
    const members = new Map(this.#checker.getPropertiesOfType(type).map((symbol) => [symbol.name, symbol]));
    const index = this.#checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const isOpen =
      index !== undefined || (members.size === 0 && this.#checker.typeToString(type) !== "never");
    const wrong: string[] = [];
    for (const [name, symbol] of members) {
      // The client makes it of the rest; the API does not send it.
      if (name === "output_text" && object["object"] === "response") continue;
      const member = object[name];
      const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
      if (member !== undefined)
        wrong.push(...this.#compare(member, this.#checker.getTypeOfSymbol(symbol), `${at}.${name}`));
      else if (!isOptional) wrong.push(`${at}.${name} is missing`);
    }
    for (const name of Object.keys(object)) {
      if (!members.has(name) && !isOpen) wrong.push(`${at}.${name} is unknown`);
    }
    return wrong;
  }
}

const PRIMITIVES = [
  [ts.TypeFlags.String, "string"],
  [ts.TypeFlags.Number, "number"],
  [ts.TypeFlags.Boolean, "boolean"],
  [ts.TypeFlags.Null, "null"],
  [ts.TypeFlags.Undefined, "undefined"],
] as const;

const isObjectType = (type: ts.Type) =>
  (type.flags & ts.TypeFlags.Object) !== 0 || (type.isIntersection() && type.types.every(isObjectType));
const kindOf = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);
const show = (value: unknown) => String(JSON.stringify(value)).slice(0, 60);
