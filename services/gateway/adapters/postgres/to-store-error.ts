import { StoreUnavailableError, ValueRefusedError } from "../../ports/key-store";
import { isDataFault } from "./error-class";

/**
 * What a failed statement means to whoever made the call: a value that Postgres can never take, or that it cannot be used
 * now. SQLSTATE class 54 is a limit of Postgres that the value is beyond, such as the depth of its JSON.
 * @param what was not done
 */
export function toStoreError(what: string, cause: unknown): StoreUnavailableError | ValueRefusedError {
  const code = cause instanceof Error ? String((cause as { code?: unknown }).code) : "";
  return isDataFault(cause) || /^54\w{3}$/.test(code)
    ? new ValueRefusedError(what, { cause })
    : new StoreUnavailableError(what, { cause });
}
