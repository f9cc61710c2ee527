import type { z } from "zod";
import type { ConfigPath } from "./config-path";

/** What is wrong with a value, wherever it stands. */
export interface Fault {
  readonly problem: string;
  /** The value as it may be shown. */
  readonly value?: string;
  readonly allowed?: string;
  readonly remedy?: string;
}

/** One thing that is wrong with a configuration, and where. */
export interface ConfigFinding extends Fault {
  /** As messages name it; absent where no file is to blame. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** Such as `ports.gateway`; absent where the file as a whole is wrong. */
  readonly setting?: string;
}

/** `file:line:column setting: problem, got value; allowed: …; remedy: …`, without what is absent. */
export function formatFinding(finding: ConfigFinding): string {
  const { remedy } = finding;
  return remedy === undefined ? formatProblem(finding) : `${formatProblem(finding)}; remedy: ${remedy}`;
}

/** The same without the remedy. */
export function formatProblem({
  file,
  line,
  column,
  setting,
  problem,
  value,
  allowed,
}: ConfigFinding): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  const subject = [place, setting].filter((part) => part !== undefined).join(" ");
  // A place alone is no subject: `platform.yaml:1:1 is empty`.
  const colon = subject === "" || (setting === undefined && line !== undefined) ? "" : ":";
  return [
    ...(subject === "" ? [] : [`${subject}${colon} `]),
    problem,
    ...(value === undefined ? [] : [`, got ${value}`]),
    ...(allowed === undefined ? [] : [`; allowed: ${allowed}`]),
  ].join("");
}

/** Where an issue stands, for `faultIssue`. */
interface IssuePlace {
  /** Relative to the schema that is checked. @default - the checked value itself */
  readonly path?: PropertyKey[];
  /** Another setting that has a part in it: the place to look at where nobody has written `path`. */
  readonly other?: ConfigPath;
}

/** A zod issue that carries what is allowed and the remedy as they are, for `describeIssue`. */
export function faultIssue(
  { problem, allowed, remedy }: Omit<Fault, "value">,
  input: unknown,
  { path, other }: IssuePlace = {},
): z.core.$ZodRawIssue<z.core.$ZodIssueCustom> {
  return {
    code: "custom",
    message: problem,
    input,
    ...(path && { path }),
    params: { allowed, remedy, other } satisfies FaultParams,
  };
}

/** What `faultIssue` carries beside the problem. */
export interface FaultParams {
  readonly allowed?: string | undefined;
  readonly remedy?: string | undefined;
  readonly other?: ConfigPath | undefined;
}
