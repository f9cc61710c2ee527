import { type ConfigFinding, formatFinding } from "../../constructs/config/finding";
import { UserError } from "../terminal/user-error";

/** Something that would make an apply fail, found before anything is changed. */
export interface Finding {
  /** Setting of platform.yaml, such as `ports.gateway`; absent where no setting is to blame. */
  readonly path?: string;
  /** What is wrong, with the value. */
  readonly problem: string;
  /** What would be right. */
  readonly allowed: string;
  readonly remedy: string;
}

const HEADING = "this cannot be applied, and nothing was changed";

/** Everything that would make an apply fail. */
export class FindingsError extends UserError {
  /** Above the findings. */
  readonly heading = HEADING;

  readonly findings: readonly ConfigFinding[];

  /** @param file the platform file, as messages name it */
  constructor(findings: readonly Finding[], file: string) {
    const placed = findings.map(({ path, ...fault }) =>
      path === undefined ? fault : { file, setting: path, ...fault },
    );
    super(`${HEADING}:\n${placed.map((finding) => `  ${formatFinding(finding)}`).join("\n")}`);
    this.findings = placed;
  }
}

/** @throws FindingsError with all findings, unless there are none */
export function refuseFindings(findings: readonly Finding[], file: string): void {
  if (findings.length > 0) throw new FindingsError(findings, file);
}
