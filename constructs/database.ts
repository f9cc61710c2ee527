import type { ITerraformDependable, TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { Secret } from "./secret";

/** A service's own database. */
export interface Database {
  /** Connection URL without a password. */
  readonly url: string;
  readonly password: Secret;
  /** Depend on this, and role and database exist before you start. @default - they are there already */
  readonly ready?: ITerraformDependable;
  /**
   * Changes passwords only after a service has got the new ones: it uses the former one until the server accepts the new one,
   * and would have none to go on with the other way round. @default - whoever changes the password sees to that
   */
  readonly changeAfter?: (delivered: TerraformResource) => void;
}

/**
 * A database that somebody else keeps.
 * @param url without a password
 * @param passwordEnv environment variable that the password is taken from: its lower-cased name is the Terraform variable
 */
export function externalDatabase(scope: Construct, url: string, passwordEnv: string): Database {
  if (new URL(url).password !== "") {
    throw new Error(`the URL of a database must have no password: name its variable, such as ${passwordEnv}`);
  }
  return { url, password: Secret.fromEnvironment(scope, passwordEnv) };
}
