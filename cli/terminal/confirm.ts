import { createInterface } from "node:readline";
import { InterruptedError } from "./interrupted-error";
import { onStopSignal } from "./stop-signal";
import { UserError } from "./user-error";

/**
 * Asks a yes/no question; anything but `y` or `yes` is no, and so is the end of the input.
 * @throws UserError where nobody can answer.
 * @throws InterruptedError at Ctrl-C or another signal to stop
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UserError(
      `"${question}" needs an answer, but there is no terminal to ask on`,
      "give --yes to go ahead without asking; npm hands on what comes after --, as in: npm run deploy -- --yes",
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  let endListening = () => {};
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      const interrupt = (signal: NodeJS.Signals) =>
        reject(new InterruptedError(signal, "nothing was changed"));
      prompt.once("SIGINT", () => interrupt("SIGINT"));
      endListening = onStopSignal((_hurry, signal) => interrupt(signal));
      prompt.once("close", () => resolve(""));
      prompt.question(`${question} [y/N] `, resolve);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    endListening();
    prompt.close();
  }
}
