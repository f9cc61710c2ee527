import { createInterface } from "node:readline/promises";
import { UserError } from "./user-error";

/**
 * Asks a yes/no question; anything but `y` or `yes` is no.
 * @throws UserError where nobody can answer.
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError(
      `"${question}" needs an answer, but there is no terminal to ask on`,
      "give --auto-approve to go ahead without asking",
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
