/** Something that the person at the keyboard can mend: shown without a stack. */
export class UserError extends Error {
  /** Exit code of the command that it ends. */
  readonly exitCode: number = 1;

  /**
   * @param problem what is wrong, with the value
   * @param remedy what to do about it
   */
  constructor(
    readonly problem: string,
    readonly remedy?: string,
  ) {
    super(remedy === undefined ? problem : `${problem}\n  → ${remedy}`);
    this.name = "UserError";
  }
}
