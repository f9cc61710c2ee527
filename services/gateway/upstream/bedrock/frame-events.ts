import type { GatewayError } from "../../errors";
import { MessageEvent } from "../../messages/event";
import { toUpstreamError } from "../../translate/errors/upstream-error";
import type { EventDecoder } from "../upstream-call";
import { statusOfException } from "./error-status";
import { EventStreamDecoder, EventStreamError, type EventStreamFrame } from "./event-stream";

/** Frames of InvokeModelWithResponseStream, each with one event of the Messages API. */
export function frameEvents(): EventDecoder {
  const decoder = new EventStreamDecoder();
  return {
    push(chunk, events) {
      const frames: EventStreamFrame[] = [];
      try {
        decoder.push(chunk, frames);
      } finally {
        // Frames before one without sense count, as long as they have sense themselves.
        for (const frame of frames) events.push(...readFrame(frame));
      }
    },
  };
}

/** @throws GatewayError for an exception frame */
function readFrame({ headers, payload }: EventStreamFrame): MessageEvent[] {
  const kind = headers.get(":message-type");
  if (kind === "exception") throw toFailure(headers.get(":exception-type"), readMessage(payload));
  if (kind === "error") throw toFailure(headers.get(":error-code"), headers.get(":error-message"));
  if (kind !== "event") throw new EventStreamError(`message type ${kind}`);
  if (headers.get(":event-type") !== "chunk") return [];
  const { bytes } = JSON.parse(payload.toString("utf8")) as { bytes?: unknown };
  if (typeof bytes !== "string") return [];
  const event = MessageEvent.of(Buffer.from(bytes, "base64").toString("latin1"));
  // Objects without a type are additions of AWS, such as metrics.
  return event.type === "" ? [] : [event];
}

function toFailure(name: string | undefined, message = ""): GatewayError {
  return toUpstreamError({ status: statusOfException(name, 500), message });
}

function readMessage(payload: Buffer): string {
  try {
    const { message } = JSON.parse(payload.toString("utf8")) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}
