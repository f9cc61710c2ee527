/** A value of an attribute. Texts are plain: nothing in them is an expression. */
export type HclValue = string | number | boolean | { readonly [key: string]: HclValue };

/** A block of Terraform's native syntax. */
export interface HclBlock {
  readonly type: string;
  /** @default - none */
  readonly labels?: readonly string[];
  /** Attributes in order; `undefined` is left out. */
  readonly attributes: { readonly [name: string]: HclValue | undefined };
  /** Blocks inside, in order. @default - none */
  readonly blocks?: readonly HclBlock[];
}

/** Blocks as a file, formatted as `terraform fmt` does. */
export function renderHcl(blocks: readonly HclBlock[]): string {
  return `${blocks.map((block) => renderBlock(block).join("\n")).join("\n\n")}\n`;
}

function renderBlock({ type, labels = [], attributes, blocks = [] }: HclBlock): string[] {
  const written = Object.entries(attributes).filter(
    (entry): entry is [string, HclValue] => entry[1] !== undefined,
  );
  const inner = blocks.flatMap((block, index) => [
    ...(index > 0 || written.length > 0 ? [""] : []),
    ...renderBlock(block),
  ]);
  return [
    [type, ...labels.map(quote), "{"].join(" "),
    ...indent([...renderAttributes(written), ...inner]),
    "}",
  ];
}

/** `=` stands in one column for each run of attributes of one line; a map ends a run. */
function renderAttributes(attributes: readonly (readonly [string, HclValue])[]): string[] {
  const lines: string[] = [];
  let run: (readonly [string, string])[] = [];
  const endRun = () => {
    const width = Math.max(...run.map(([name]) => name.length));
    lines.push(...run.map(([name, value]) => `${name.padEnd(width)} = ${value}`));
    run = [];
  };
  for (const [name, value] of attributes) {
    if (typeof value === "object") {
      endRun();
      const entries = Object.entries(value).map(([key, entry]) => [keyOf(key), entry] as const);
      lines.push(`${name} = {`, ...indent(renderAttributes(entries)), "}");
    } else run.push([name, typeof value === "string" ? quote(value) : String(value)]);
  }
  endRun();
  return lines;
}

function keyOf(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? name : quote(name);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * A text as a quoted string. `$` and `%` before a brace begin a template, and doubling them is read differently behind another one, so that
 * they are written by their number.
 */
function quote(text: string): string {
  const escaped = text.replace(
    /["\\\p{Cc}\u2028\u2029]|[$%](?=\{)/gu,
    (character) => ESCAPES[character] ?? byNumber(character),
  );
  return `"${escaped}"`;
}

function byNumber(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
