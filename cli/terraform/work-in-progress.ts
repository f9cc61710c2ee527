// biome-ignore lint/suspicious/noControlCharactersInRegex: colours come first
const LINE = /^(?:\x1b\[[0-9;]*m)*([a-z0-9_]+\.[\w-]+): (Creating|Modifying|Destroying|Still |\w+ complete)/;

/** Reads from Terraform's lines which resources are at hand. */
export class WorkInProgress {
  private rest = "";
  private readonly open = new Set<string>();

  /** The next piece of output. */
  read(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, address, what] = LINE.exec(line) ?? [];
      if (address === undefined || what === undefined) continue;
      if (what.endsWith("complete")) this.open.delete(address);
      else this.open.add(address);
    }
  }

  /** Addresses of the resources that are being created, changed or destroyed. */
  get addresses(): readonly string[] {
    return [...this.open];
  }
}
