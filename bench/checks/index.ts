import type { Check } from "./check";
import { clientLeaves } from "./client-leaves";
import { requestLimit } from "./request-limit";
import { revocation } from "./revocation";

/** Every check, in the order of its goals. */
export const checks: readonly Check[] = [requestLimit, clientLeaves, revocation];
