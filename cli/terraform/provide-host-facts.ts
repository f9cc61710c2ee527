import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACCESS_KEY } from "../../constructs/coder";
import type { PlatformConfig } from "../../constructs/config/schema";
import { HOST_FACTS, type HostFactName } from "../../constructs/host-fact";
import { ensureAccessCertificate, readAccessCertificate } from "../certificates/access-certificate";
import type { AccessCertificate } from "../certificates/certificate";
import { findDockerSocket } from "../host/docker-socket";
import { writePrivateFile } from "../private-file";
import { declaredVariables, linkVariables, unlinkVariables } from "../secrets/link-secrets";
import { openState, PROJECT_ROOT } from "../sluice-home";
import { stackFolder } from "../stack-folder";

/** For whom facts are provided. */
export interface HostFactsOf {
  readonly home: string;
  readonly config: PlatformConfig;
  /** Output folder with the stack. */
  readonly outdir: string;
}

/** The file of facts in a stack's folder, which Terraform reads by its name. */
export function hostFactsFile(outdir: string, stack?: string): string {
  return join(stackFolder(outdir, stack), "host.auto.tfvars.json");
}

/** Name of the link to the certificate's key, less its ending. */
const KEY_LINK = "access-key";
const PLACEHOLDER = "placeholder-until-deploy-makes-it";
/** Stands in where no value matters. The docker provider checks, of a mount even in the plan of a removal, that it is an absolute path. */
const SOME_PATH = "/var/run/docker.sock";

/**
 * Lets Terraform find the facts of this host that the stack declares: in a file of its folder, and the certificate's key through a link,
 * as with secrets.
 *
 * * `read` makes no certificate: where there is none, placeholders stand in.
 * * `prepare` makes one where there is none, and leaves one that ends soon.
 * * `change` renews it, too.
 * * `destroy` asks nobody: the values do not matter.
 * @param done told what was made, or what stands in for what is missing
 * @returns values of Terraform variables that no file gives
 * @throws UserError when the engine's socket cannot be found, or `access.certificate` is wrong
 */
export async function provideHostFacts(
  purpose: "read" | "prepare" | "change" | "destroy",
  { home, config, outdir }: HostFactsOf,
  done: (result: string) => void,
): Promise<Record<string, string>> {
  const declared = declaredVariables(outdir);
  const wanted = (Object.keys(HOST_FACTS) as HostFactName[]).filter((name) => declared.has(name));
  const file = hostFactsFile(outdir);
  const needsKey = declared.has(ACCESS_KEY);
  if (wanted.length === 0 || purpose === "destroy") {
    rmSync(file, { force: true });
    unlinkKey(outdir);
    return Object.fromEntries(
      [...wanted, ...(needsKey ? [ACCESS_KEY] : [])].map((name) => [name, SOME_PATH]),
    );
  }
  const needsSocket = declared.has("docker_socket") || declared.has("docker_socket_group");
  const socket = needsSocket ? await findDockerSocket(config.images) : undefined;
  const certificate = needsKey ? await certificateFor(purpose, home, config, done) : undefined;
  const facts: Record<HostFactName, string | undefined> = {
    docker_socket: socket?.path,
    docker_socket_group: socket?.group,
    sluice_folder: PROJECT_ROOT,
    ca_certificate: certificate?.authority,
    access_certificate: certificate?.certificate,
  };
  const known = wanted.filter((name) => facts[name] !== undefined);
  // Nothing in it is secret. Closed as the folder is.
  writeFileSync(
    file,
    `${JSON.stringify(Object.fromEntries(known.map((name) => [name, facts[name]])), null, 2)}\n`,
    { mode: 0o600 },
  );
  if (certificate === undefined) unlinkKey(outdir);
  else linkKey(outdir, home, certificate.key);
  const missing = [
    ...wanted.filter((name) => facts[name] === undefined),
    ...(needsKey && certificate === undefined ? [ACCESS_KEY] : []),
  ];
  return Object.fromEntries(missing.map((name) => [name, PLACEHOLDER]));
}

async function certificateFor(
  purpose: "read" | "prepare" | "change",
  home: string,
  config: PlatformConfig,
  done: (result: string) => void,
): Promise<AccessCertificate | undefined> {
  const present = readAccessCertificate(home, config);
  if (purpose === "read") {
    if (present === undefined) done("a placeholder for the certificate, which deploy will make");
    return present;
  }
  if (purpose === "prepare" && present !== undefined) return present;
  openState(home);
  const { current, made } = await ensureAccessCertificate(home, config);
  if (made.length > 0) done(made.join(", "));
  return current;
}

/** The key stays in the home: its variable file lies beside it, wherever it comes from, and the stack's folder has a link to that. */
function linkKey(outdir: string, home: string, key: string): void {
  const values = join(home, "access-key.tfvars.json");
  writePrivateFile(values, `${JSON.stringify({ [ACCESS_KEY]: key }, null, 2)}\n`);
  linkVariables(stackFolder(outdir), values, KEY_LINK);
}

function unlinkKey(outdir: string): void {
  unlinkVariables(stackFolder(outdir), KEY_LINK);
}
