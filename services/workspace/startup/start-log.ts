/** Takes a line; `phase` says whose. */
export type StartLog = (phase: string, message: string) => void;

/** Width of the column with the phases. */
const WIDTH = 12;

/**
 * Lines for people, each with the seconds since the start: `  1.2s  key          issued, level standard`.
 * @param write takes each line, with its end
 * @param secrets are replaced wherever they appear, since what a program such as git says is passed on
 */
export function createStartLog(
  write: (line: string) => void,
  secrets: readonly (string | undefined)[],
  now: () => number = () => performance.now(),
): StartLog {
  const begin = now();
  const hidden = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 8);
  return (phase, message) => {
    const seconds = ((now() - begin) / 1000).toFixed(1).padStart(5);
    for (const line of message.split("\n")) {
      write(`${seconds}s  ${phase.padEnd(WIDTH)} ${hide(line, hidden)}\n`);
    }
  };
}

/** Also credentials in URLs and whatever looks like a key of the gateway. */
function hide(line: string, secrets: readonly string[]): string {
  let text = line;
  for (const secret of secrets) text = text.replaceAll(secret, "[redacted]");
  return text.replace(/(\w+:\/\/)[^\s/@]+@/g, "$1[redacted]@").replace(/\bsk-[\w-]{8,}/g, "sk-[redacted]");
}
