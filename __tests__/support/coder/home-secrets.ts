import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Lines of private keys that are the same in many. */
const FRAME = /^-----/;
/** Shorter texts could be anywhere by chance. */
const SHORTEST = 12;

/** Every secret value that a home keeps, each a line that can be looked for. @param home the `.sluice` folder */
export function homeSecrets(home: string): string[] {
  const files = readdirSync(home);
  const values = files
    .filter((name) => name.endsWith(".tfvars.json"))
    .flatMap((name) => Object.values<string>(JSON.parse(readFileSync(join(home, name), "utf8"))));
  const texts = [
    ...files.filter((name) => name.endsWith(".token")).map((name) => join(home, name)),
    ...readdirSync(join(home, "certs"))
      .filter((name) => name.endsWith(".key"))
      .map((name) => join(home, "certs", name)),
  ].map((file) => readFileSync(file, "utf8"));
  const lines = [...values, ...texts].flatMap((text) => text.split("\n"));
  return [...new Set(lines)].filter((line) => line.length >= SHORTEST && !FRAME.test(line));
}
