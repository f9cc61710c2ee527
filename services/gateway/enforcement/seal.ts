import { writeJsonBytes } from "../json/write-json";
import type { MessagesRequest } from "../messages/request";
import { type BodyShape, shapeBody } from "./body-shape";
import { enforce } from "./enforce";
import { enforcementViolated } from "./errors";
import { findViolation } from "./inspect-bytes";
import type { EnforcementPolicy } from "./policy";
import type { EnforcedPrompt } from "./prompt";

/** Room for rules and for what translation adds. */
const RULES_BYTES = 16 * 1024;

/** The bytes of a request that may be sent. Only `seal` makes one, and clients of providers take nothing else. */
export class SealedBody {
  /** Makes the type one of its own: no object of the same shape will do. */
  readonly #isSealed = true;

  private constructor(
    readonly bytes: Buffer,
    /** Version of the rules inside, such as `standard@0123456789ab`. `null`: the key has none. */
    readonly promptId: string | null,
    /** The rules themselves. */
    readonly rules: readonly EnforcedPrompt[],
  ) {}

  get byteLength(): number {
    return this.bytes.length;
  }

  /** The body with one character for each byte; for large ones slow, so send `bytes`. */
  get text(): string {
    return this.bytes.toString("latin1");
  }

  /** Whether a value was made by `seal`, also where types were cast away. */
  static isSealed(value: unknown): value is SealedBody {
    return typeof value === "object" && value !== null && #isSealed in value;
  }

  /** @internal use `seal` */
  static make(request: MessagesRequest, policy: EnforcementPolicy, shape: BodyShape): SealedBody {
    const expectedBytes = (shape.expectedBytes ?? 0) + RULES_BYTES;
    const bytes = writeJsonBytes(shapeBody(enforce(request, policy), shape), expectedBytes);
    const violation = findViolation(bytes, policy);
    if (violation !== undefined) throw enforcementViolated(violation);
    return new SealedBody(bytes, policy.promptId, policy.blocks);
  }
}

/**
 * The only way from a request to upstream bytes, for every API, attempt and provider: the key's rules are put in, the
 * body is written, and the bytes are looked at once more.
 * @throws GatewayError 400 for what the key may not send; 500 `enforcement_violated` if the bytes are not as they must be
 */
export function seal(request: MessagesRequest, policy: EnforcementPolicy, shape: BodyShape): SealedBody {
  return SealedBody.make(request, policy, shape);
}
