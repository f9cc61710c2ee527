import { reasonOf } from "../reason-of";
import { UserError } from "../terminal/user-error";

/** Longest wait for an answer, in milliseconds: it asks Coder about the token before it takes it. */
const TIMEOUT_MS = 30_000;

/** Where the key-provisioner is, and who may change it. */
export interface KeyProvisionerAccess {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminToken: string;
}

/**
 * Tells the key-provisioner the token that it asks Coder with.
 * @throws UserError when it does not take it
 */
export async function handOverToken({ url, adminToken }: KeyProvisionerAccess, token: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`${url}/api/v1/coder/token`, {
      method: "PUT",
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: "error",
    });
    // What it says may repeat the token.
    await response.body?.cancel();
  } catch (cause) {
    throw new UserError(
      `the key-provisioner gives no answer at ${url} (${reasonOf(cause)}), so it does not know its token for Coder`,
      "see whether it runs (npm run status), then: npm run sluice -- coder bootstrap",
    );
  }
  if (response.ok) return;
  throw new UserError(
    `the key-provisioner answers ${response.status} to its token for Coder`,
    "see its log (npm run sluice -- logs key-provisioner), then: npm run sluice -- coder bootstrap",
  );
}
