import { counted } from "./attribute-values";
import type { ChangeAction, ChangeSummary, ObjectChange, ObjectKind } from "./change-summary";

/** How changes are written down. */
export interface FormatOptions {
  /** With escape sequences of a terminal. @default false */
  readonly colour?: boolean;
  /** What is said when nothing changes. @default - that what runs is what is declared */
  readonly unchanged?: string;
}

const MARKS: Readonly<Record<ChangeAction, readonly [mark: string, colour: number]>> = {
  create: ["+", 32],
  update: ["~", 33],
  replace: ["±", 33],
  delete: ["-", 31],
  forget: ["-", 31],
  read: ["?", 36],
};

/**
 * A summary as lines for a terminal: what would be lost first, then a line for each object, then the sum.
 * @returns lines without a newline at the end; for an empty plan one sentence
 */
export function formatChanges(summary: ChangeSummary, options: FormatOptions = {}): string {
  const { colour = false, unchanged = "No changes: what runs is what platform.yaml declares." } = options;
  const paint = (text: string, code: number) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const { changes, risks } = summary;
  const lines = formatRisks(risks, colour);
  if (changes.length === 0) return [...lines, unchanged].join("\n");
  if (lines.length > 0) lines.push("");
  for (const change of changes) {
    const [mark, code] = MARKS[change.action];
    const [first = "", ...rest] = sentence(change);
    lines.push(
      `${paint(mark, code)} ${printable(change.service)}: ${first}`,
      ...rest.map((text) => `    ${text}`),
    );
  }
  return [...lines, "", `${total(summary)}.`].join("\n");
}

/** What would be lost, and what to do about it: two lines each. */
export function formatRisks(risks: ChangeSummary["risks"], colour = false): string[] {
  return risks.flatMap(({ service, text, remedy }) => {
    const line = `! DATA: ${printable(service)}: ${printable(text)}`;
    return [colour ? `\x1b[31m${line}\x1b[0m` : line, `    → ${printable(remedy)}`];
  });
}

/** One line for a change with one detail; else the effect, and a line for each detail below. */
export function sentence({ details, effect, data }: ObjectChange): string[] {
  const texts = details.map(({ text }) => printable(text));
  const end = [effect, data]
    .filter((text) => text !== undefined && text !== "")
    .map((text) => printable(text as string));
  if (texts.length <= 1) return [[...texts, ...end].join("; ")];
  if (end.length === 0) return [`${texts.length} changes`, ...texts];
  return [end.join("; "), ...texts];
}

/** The last line: counts of containers, deliveries and images by change, and whether data is at risk. */
export function total({ changes, risks }: ChangeSummary): string {
  const of = (kinds: readonly ObjectKind[], actions: readonly ChangeAction[]) =>
    changes.filter(({ kind, action }) => kinds.includes(kind) && actions.includes(action));
  const count = (kind: ObjectKind, noun: string, words: readonly (readonly [ChangeAction, string])[]) =>
    words.map(([action, what]): [number, string] => {
      const { length } = of([kind], [action]);
      return [length, `${counted(length, noun)} ${what}`];
    });
  const PLAIN = [
    ["create", "new"],
    ["update", "changed in place"],
    ["replace", "replaced"],
    ["delete", "removed"],
  ] as const;
  const jobs = of(["job"], ["create", "replace"]).length;
  const files = new Set(of(["files"], ["create", "replace", "update"]).map(({ service }) => service)).size;
  const images = of(["image"], ["create", "replace"]).length;
  const parts: [number, string][] = [
    ...count("container", "container", PLAIN),
    [jobs, `${counted(jobs, "job")} ${jobs === 1 ? "runs" : "run"}`],
    [files, `files delivered to ${counted(files, "service")}`],
    [images, `${counted(images, "image")} pulled or built`],
    ...count("network", "network", PLAIN),
    ...count("other", "object", PLAIN),
  ];
  const told = parts.filter(([amount]) => amount > 0).map(([, text]) => text);
  const hasNoneTouched = of(["container"], ["create", "update", "replace", "delete"]).length === 0;
  const sum =
    told.length === 0
      ? `${counted(changes.length, "change")}, none to a container or network`
      : [...told, ...(hasNoneTouched ? ["no service restarts"] : [])].join(", ");
  return `${sum}; ${risks.length === 0 ? "no data is lost" : `DATA AT RISK: ${counted(risks.length, "reason")} above`}`;
}

/** Without control characters: values come from files, and a terminal obeys them. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}
