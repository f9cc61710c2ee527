import { execFileSync } from "node:child_process";

/**
 * Runs a shell script as root of this machine, which is the engine's host: directly, or through `sudo` where it asks no password.
 * @throws Error with its output when it fails
 */
export function asHostRoot(script: string): string {
  const command = ["sh", "-euc", script];
  const [program = "", ...args] = process.getuid?.() === 0 ? command : ["sudo", "-n", ...command];
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
