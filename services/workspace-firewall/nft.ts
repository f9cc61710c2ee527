import { execFile } from "node:child_process";

/** How long nft may take, in milliseconds. It waits while another program changes rules. */
const TIMEOUT_MS = 10_000;

/**
 * Runs nft.
 * @param input rules for its standard input
 * @returns what it prints
 * @throws Error with what nft says
 */
export function nft(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      "nft",
      [...args],
      { timeout: TIMEOUT_MS, encoding: "utf8" },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`nft ${args.join(" ")}: ${stderr.trim().split("\n")[0] || error.message}`));
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/** Runs nft as `nft` does; in tests something else. */
export type Nft = typeof nft;
