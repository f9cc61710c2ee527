/** Names that clients go by, where their user agent says another one. */
const KNOWN: Readonly<Record<string, string>> = {
  "claude-cli": "claude-code",
  roocode: "roo-code",
  codex_cli_rs: "codex",
  codex_exec: "codex",
};

/**
 * The program that sent a request: the first product of its user agent, such as `claude-code/2.1.330`, at most 80
 * characters. `null` when the user agent does not begin with a product.
 */
export function clientOf(userAgent: string | undefined): string | null {
  const match = /^([a-z][\w.-]{0,39})(?:\/([\w.+-]{1,39}))?(?![\w.+/-])/i.exec(userAgent ?? "");
  if (match === null) return null;
  const [, product = "", version] = match;
  const name = product.toLowerCase();
  return version === undefined ? (KNOWN[name] ?? name) : `${KNOWN[name] ?? name}/${version}`;
}
