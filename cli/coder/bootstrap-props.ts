import type { PlatformConfig } from "../../constructs/config/schema";
import { coderUrl, localUrl } from "../../constructs/local-url";
import { settingName } from "../../constructs/service-definition";
import { KEY_PROVISIONER } from "../../constructs/services/key-provisioner";
import { readSecrets, secretFile } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { BootstrapProps } from "./bootstrap";

/** Set for Terraform by `deploy`, which sets Coder up itself after the apply: with progress, and without a rollback of the platform when it fails. */
export const DEFERRED_BOOTSTRAP = "SLUICE_BOOTSTRAP_DEFERRED";

/**
 * What the home and the configuration say about setting Coder up.
 * @throws UserError when a secret is missing
 */
export function bootstrapProps(home: string, config: PlatformConfig): Omit<BootstrapProps, "progress"> {
  return {
    home,
    url: coderUrl(config),
    roles: config.coder.users.flatMap(({ username, roles }) =>
      roles === undefined ? [] : [{ username, roles }],
    ),
    admin: { ...config.coder.admin, password: firstUserPassword(home) },
    keyProvisioner: {
      url: localUrl(config, settingName(KEY_PROVISIONER)),
      adminToken: secretOf(home, "key_provisioner_admin_token"),
    },
  };
}

/** @throws UserError when it was not made yet */
export function firstUserPassword(home: string): string {
  return secretOf(home, "coder_first_user_password");
}

function secretOf(home: string, name: string): string {
  const value = readSecrets(home)[name];
  if (value) return value;
  throw new UserError(
    `${secretFile(home)} has no ${name}`,
    "make it: npm run sluice -- init; if it was there once, restore it from your backup",
  );
}
