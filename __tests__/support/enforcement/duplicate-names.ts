const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Names that come twice in an object of a JSON text, decoded: readers may differ on which of them counts. It shares no
 * code with the gateway's own reader.
 */
export function duplicateNames(json: string): string[] {
  const found: string[] = [];
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const names = open.at(-1);
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      isName = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      isName = false;
    } else if (token === ",") {
      isName = names !== undefined;
    } else if (token === ":") {
      isName = false;
    } else if (isName && names !== undefined) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) found.push(name);
      names.add(name);
    }
  }
  return found;
}
