import { type OpenAiErrorBody, openAiErrorBody } from "../../shared/error-body";

/** An answer other than the one asked for. `code` is the status as text unless the case has a name of its own. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: string;
  readonly param: string | null;
  /** Seconds after which the caller may try again; sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  /** What a provider answered, in Anthropic's statuses. `undefined`: no provider said this. */
  readonly upstreamStatus: number | undefined;
  /** What happened, for the log and never for the client: a few words or a system's code such as `ENOTFOUND`. */
  readonly reason: string | undefined;
  /** Beside the four fields that every error has. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    details: {
      code?: string;
      param?: string | null;
      retryAfterSeconds?: number | undefined;
      upstreamStatus?: number | undefined;
      reason?: string | undefined;
      fields?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.code = details.code ?? String(status);
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.upstreamStatus = details.upstreamStatus;
    this.reason = details.reason;
    this.fields = details.fields ?? {};
  }

  toBody(): OpenAiErrorBody {
    const { error } = openAiErrorBody(this.message, this.type, this.code, this.param);
    return { error: { ...error, ...this.fields } };
  }
}

/** Client text inside a message is bounded, so that an error never echoes a whole body. */
export function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
