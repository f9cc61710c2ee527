import { ensureSecrets, readSecrets, secretFile } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { DataFolder } from "./data-folder";
import { isInitialised } from "./postgres";

/** Secrets that local mode uses. */
export interface LocalSecrets {
  readonly masterKey: string;
  readonly superuserPassword: string;
  readonly gatewayPassword: string;
  readonly keyProvisionerPassword: string;
  /** What the key-provisioner authenticates with at the gateway. */
  readonly provisionerToken: string;
  /** What administrators authenticate with at the key-provisioner. */
  readonly adminToken: string;
  readonly encryptionKey: string;
}

/**
 * Local mode has a secret file of its own in the data folder, of the same form as the deployed
 * platform's. It is made at the first start.
 * @throws UserError when it is gone while the database that knows its passwords is there
 */
export function openLocalSecrets({ root, postgres }: DataFolder): LocalSecrets {
  if (Object.keys(readSecrets(root)).length === 0 && isInitialised(postgres)) {
    throw new UserError(
      `the passwords of the database in ${postgres} are gone (${secretFile(root)})`,
      `put that file back, or move ${postgres} away to start with an empty database`,
    );
  }
  ensureSecrets(root, []);
  const values = readSecrets(root);
  const secret = (name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`there is no secret "${name}"`);
    return value;
  };
  return {
    masterKey: secret("gateway_master_key"),
    superuserPassword: secret("postgres_superuser_password"),
    gatewayPassword: secret("gateway_database_password"),
    keyProvisionerPassword: secret("key_provisioner_database_password"),
    provisionerToken: secret("gateway_provisioner_token"),
    adminToken: secret("key_provisioner_admin_token"),
    encryptionKey: secret("key_encryption_key"),
  };
}
