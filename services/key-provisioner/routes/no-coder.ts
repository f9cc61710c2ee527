import { ProvisionerError } from "../errors";

/** What callers are told who would have to be proved by Coder. */
export const NO_CODER = new ProvisionerError(
  503,
  "no_coder",
  "This platform runs without Coder, which proves who asks. An administrator makes keys: npm run sluice -- keys create",
);
