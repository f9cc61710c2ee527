import { z } from "zod";
import { docker } from "./docker";

/** A service answers one question within this, in milliseconds. */
const ANSWER_MS = 4_000;
/** For the whole of it, the start of Node in the container included, in milliseconds. */
const EXEC_MS = 10_000;

/** A GET that is made inside a service's container. */
export interface InsideRequest {
  readonly path: string;
  /** What it authenticates with: a value, or the name of a secret that the container has itself. @default - nothing */
  readonly bearer?: { readonly value: string } | { readonly secret: string };
}

/** What came of it. `status` is 0 where there was no answer, and `text` the reason. */
export interface InsideAnswer {
  readonly status: number;
  readonly text: string;
}

/** Answers in the order of the requests. */
export interface InsideAnswers {
  readonly answers: readonly InsideAnswer[];
  /** By the clock of the engine's host, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Runs in the container, where a service answers whatever is published. The requests come on standard input: an argument would show in
 * `ps` and in the engine's events. A secret that the container has does not leave it.
 */
const ASK = `
const { readFileSync } = require("node:fs");
const secret = (name) => {
  try {
    return process.env[name] ?? readFileSync(process.env.SECRETS_DIRECTORY + "/" + name, "utf8").trim();
  } catch {
    return "";
  }
};
const { port, requests } = JSON.parse(readFileSync(0, "utf8"));
const ask = async ({ path, bearer }) => {
  const headers = bearer === undefined ? {} : { authorization: "Bearer " + (bearer.value ?? secret(bearer.secret)) };
  try {
    const url = "http://127.0.0.1:" + (process.env.PORT ?? port) + path;
    const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(${ANSWER_MS}) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: error.cause?.code ?? error.name };
  }
};
Promise.all(requests.map(ask)).then((answers) => console.log(JSON.stringify({ answers, now: Date.now() })));`;

const Answers = z.object({
  answers: z.array(z.object({ status: z.number(), text: z.string() })),
  now: z.number(),
});

/**
 * Asks a service of ours through `docker exec`, so that it can be asked on any engine, wherever that is and whatever is published.
 * @param port where it listens unless its environment says otherwise
 * @throws UserError when the container cannot run the question; a service that does not answer is an answer
 */
export async function askInside(
  container: string,
  port: number,
  requests: readonly InsideRequest[],
): Promise<InsideAnswers> {
  const output = await docker(["exec", "--interactive", container, "node", "-e", ASK], {
    input: JSON.stringify({ port, requests }),
    timeoutMs: EXEC_MS,
  });
  return Answers.parse(JSON.parse(output));
}
