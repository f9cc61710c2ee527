import { countedLines } from "./attribute-values";
import { attributes } from "./plan-json";
import { settingsChanges } from "./settings-changes";

/** A file that a container is given. */
export interface DeliveredFile {
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
 * @param delivered files that it is given in another way, to which some of these may have moved
 */
export function fileChanges(
  before: unknown,
  after: unknown,
  isSecret: boolean,
  delivered: ReadonlyMap<string, DeliveredFile>,
): string[] {
  const [old, young] = [deliveredFiles(before), deliveredFiles(after)];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), young.get(key)];
    const { kind, name } = (is ?? was) as DeliveredFile;
    const what = {
      rules: `enforced prompt ${name}`,
      settings: "configuration",
      secret: `secret ${name}`,
      other: `file ${name}`,
    }[kind];
    if (was === undefined) return [`${what} is new`];
    const moved = delivered.get(key);
    if (is === undefined && moved !== undefined) {
      // With what they are uploaded as: owner and mode are those of the way.
      return [
        `${what} moves to the delivered files`,
        ...textChanges(what, was, { ...moved, rest: was.rest }, isSecret),
      ];
    }
    return is === undefined ? [`${what} is removed`] : textChanges(what, was, is, isSecret);
  });
}

function textChanges(what: string, was: DeliveredFile, is: DeliveredFile, isSecret: boolean): string[] {
  const { kind } = is;
  if (kind === "secret") return was.content === is.content ? [] : [`${what}: value changes`];
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
}

/** The changes are told by lines, never quoted: rules are long. */
function lines(before: string, after: string): string {
  const text = countedLines(before, after);
  return text === "1 line added, 1 removed" ? "1 line changes" : text;
}

/** Files that a container is given (`upload`), by kind and name, such as `secret:ANTHROPIC_API_KEY`. */
export function deliveredFiles(uploads: unknown): Map<string, DeliveredFile> {
  const found = (Array.isArray(uploads) ? uploads : []).map((upload) => {
    const { file, content, content_base64: base64, ...rest } = attributes(upload);
    return describeFile(String(file), contentOf(content, base64), JSON.stringify(rest));
  });
  return new Map(found.map((file) => [`${file.kind}:${file.name}`, file]));
}

function describeFile(path: string, content: string | undefined, rest: string): DeliveredFile {
  const secret = SECRET.exec(path)?.[1];
  if (secret !== undefined) return { kind: "secret", name: secret, content, rest };
  const settings = /(?:^|\/)(config\.yaml|key-provisioner\.json)$/.exec(path)?.[1];
  if (settings !== undefined) return { kind: "settings", name: settings, content, rest };
  const rules = /(?:^|\/)(prompts\/[^/]+\.md)$/.exec(path)?.[1];
  return rules === undefined
    ? { kind: "other", name: path, content, rest }
    : { kind: "rules", name: rules, content, rest };
}

function contentOf(content: unknown, base64: unknown): string | undefined {
  if (typeof base64 === "string" && base64 !== "") return Buffer.from(base64, "base64").toString("utf8");
  return typeof content === "string" ? content : undefined;
}
