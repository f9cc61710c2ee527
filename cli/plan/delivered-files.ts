import { counted, transition } from "./attribute-values";
import { attributes } from "./plan-json";
import { settingsChanges } from "./settings-changes";

/** A file that a container is given. */
interface DeliveredFile {
  /** What it is by its path, which says whether its text may be shown. */
  readonly kind: "settings" | "rules" | "secret" | "other";
  /** Name without what changes with the content. */
  readonly name: string;
  readonly content: string | undefined;
  readonly rest: string;
}

/** Name of the secret that a path holds, such as `…/secrets/DATABASE_PASSWORD`. */
const SECRET = /(?:^|\/)secrets\/([^/]+)$/;

/**
 * Changes of the files that a container is given (`upload`). Settings are compared by meaning; of a secret only its name is
 * told. `isSecret`: the plan hides this attribute, which it does as a whole when one of the files is a secret; our own
 * settings and rules hold none and are compared all the same.
 */
export function fileChanges(before: unknown, after: unknown, isSecret: boolean): string[] {
  const [old, young] = [files(before), files(after)];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), young.get(key)];
    const { kind, name } = (is ?? was) as DeliveredFile;
    if (kind === "secret") {
      if (was === undefined) return [`secret ${name} is new`];
      if (is === undefined) return [`secret ${name} is removed`];
      return was.content === is.content ? [] : [`secret ${name}: value changes`];
    }
    const what =
      kind === "rules" ? `enforced prompt ${name}` : kind === "settings" ? "configuration" : `file ${name}`;
    if (was === undefined) return [`${what} is new`];
    if (is === undefined) return [`${what} is removed`];
    if (is.content === undefined || was.content === undefined) {
      return was.content === is.content && was.rest === is.rest ? [] : [`${what}: known when it is applied`];
    }
    if (was.content === is.content) return was.rest === is.rest ? [] : [`${what}: mode or owner changes`];
    if (kind === "settings") {
      const changed = settingsChanges(was.content, is.content);
      return changed.length > 0 ? changed : ["configuration: says the same in other words"];
    }
    if (kind === "other" && isSecret) return [`${what}: its text changes (not shown)`];
    return [`${what}: ${lines(was.content, is.content)}`];
  });
}

/** The changes are told by lines, never quoted: rules are long. */
function lines(before: string, after: string): string {
  const text = transition(`${before}\n`, `${after}\n`);
  return text.includes(" added, ") ? text : `${counted(1, "line")} changes`;
}

function files(uploads: unknown): Map<string, DeliveredFile> {
  const found = (Array.isArray(uploads) ? uploads : []).map((upload) => {
    const { file, content, content_base64: base64, ...rest } = attributes(upload);
    return describeFile(String(file), contentOf(content, base64), JSON.stringify(rest));
  });
  return new Map(found.map((file) => [`${file.kind}:${file.name}`, file]));
}

function describeFile(path: string, content: string | undefined, rest: string): DeliveredFile {
  const secret = SECRET.exec(path)?.[1];
  if (secret !== undefined) return { kind: "secret", name: secret, content, rest };
  if (/(?:^|\/)config\.yaml$/.test(path)) return { kind: "settings", name: "config.yaml", content, rest };
  const rules = /(?:^|\/)(prompts\/[^/]+\.md)$/.exec(path)?.[1];
  return rules === undefined
    ? { kind: "other", name: path, content, rest }
    : { kind: "rules", name: rules, content, rest };
}

function contentOf(content: unknown, base64: unknown): string | undefined {
  if (typeof base64 === "string" && base64 !== "") return Buffer.from(base64, "base64").toString("utf8");
  return typeof content === "string" ? content : undefined;
}
