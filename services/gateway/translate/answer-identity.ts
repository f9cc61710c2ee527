/** What of an answer the gateway decides. */
export interface AnswerIdentity {
  /** The gateway's own, made of the request's: the answer is found by it in the records. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The name the client asked for, not the provider's. */
  readonly model: string;
}
