import type { ServerResponse } from "node:http";
import { clientClosed, type GatewayError } from "../errors";
import { Exchange } from "../http/exchange";
import { LeftAnswers } from "./left-answers";
import { RunningAnswer } from "./running-answer";

/** Running answers, so that they can be ended: each by its own client, all of them by the shutdown. */
export class InFlight {
  readonly #answers = new Set<RunningAnswer>();

  /** @param left those whose client left, and that are still read for what they cost */
  constructor(readonly left = new LeftAnswers()) {}

  get size(): number {
    return this.#answers.size;
  }

  /** @returns the answer, which is aborted when the connection of `response` closes before its end, or by `abortAll` */
  track(response: ServerResponse): RunningAnswer {
    const answer = new RunningAnswer();
    this.#answers.add(answer);
    Exchange.of(response).onOver((isAnswered) => {
      this.#answers.delete(answer);
      if (!isAnswered) answer.abort(clientClosed(), this.left);
    });
    return answer;
  }

  /** Ends what is running. */
  abortAll(reason: GatewayError): void {
    for (const answer of this.#answers) answer.abort(reason);
    this.left.endAll(reason);
  }
}
