import { StoreUnavailableError, ValueRefusedError } from "../../ports/key-store";
import { isDataFault } from "./error-class";

/**
 * What a failed statement means to whoever made the call: a value that Postgres can never take, or that it cannot be used
 * now.
 * @param what was not done
 */
export function toStoreError(what: string, cause: unknown): StoreUnavailableError | ValueRefusedError {
  return isDataFault(cause)
    ? new ValueRefusedError(what, { cause })
    : new StoreUnavailableError(what, { cause });
}
