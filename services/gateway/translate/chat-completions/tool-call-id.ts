import type { AnswerIdentity } from "../answer-identity";

/** Id of a tool call. Clients break without one, so a call that came without gets one. @param index of the call */
export function toolCallId(id: unknown, index: number, identity: AnswerIdentity): string {
  return typeof id === "string" && id !== "" ? id : `call_${identity.id}_${index}`;
}
