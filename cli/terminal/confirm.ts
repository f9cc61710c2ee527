import { createInterface } from "node:readline";
import { InterruptedError } from "./interrupted-error";
import { UserError } from "./user-error";

/**
 * Asks a yes/no question; anything but `y` or `yes` is no, and so is the end of the input.
 * @throws UserError where nobody can answer.
 * @throws InterruptedError at Ctrl-C
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError(
      `"${question}" needs an answer, but there is no terminal to ask on`,
      "give --yes to go ahead without asking; npm hands on what comes after --, as in: npm run deploy -- --yes",
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      prompt.once("SIGINT", () => reject(new InterruptedError("SIGINT", "nothing was changed")));
      prompt.once("close", () => resolve(""));
      prompt.question(`${question} [y/N] `, resolve);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
