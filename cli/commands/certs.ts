import type { Command } from "commander";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import {
  certificateFiles,
  type EnsuredCertificate,
  ensureAccessCertificate,
} from "../certificates/access-certificate";
import { readCertificates } from "../certificates/certificate";
import { certificateStatus, renewal } from "../certificates/certificate-status";
import { openState, sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";

interface CertsOptions {
  readonly renew?: boolean;
  readonly json?: boolean;
}

/** `sluice certs`: the certificate of the access host, and how to trust the authority that signed it. */
export function registerCerts(program: Command): void {
  program
    .command("certs")
    .description("show the certificate of the access host and how to trust it; makes one where there is none")
    .option(
      "--renew",
      "make another certificate now, by the same authority; the next deploy puts it in force",
    )
    .option("--json", "as JSON, for scripts")
    .action(certs);
}

async function certs({ renew = false, json = false }: CertsOptions): Promise<void> {
  const home = sluiceHome();
  const config = loadPlatform(platformFile());
  const isOwn = config.access.certificate !== undefined;
  if (renew && isOwn) {
    throw new UserError(
      "access.certificate names a certificate of your own, which nobody else can renew",
      "replace its files, npm run deploy",
    );
  }
  if (!isOwn) openState(home);
  const { current, made } = await ensureAccessCertificate(home, config, { renew });
  const status = certificateStatus(home, config);
  if (status === undefined) throw new Error("a certificate was made, and is not there");
  const [authority] = readCertificates(current.authority);
  const authorityFile = isOwn
    ? (config.access.certificate?.caFile ?? null)
    : certificateFiles(home).authority;
  const facts = {
    ...status,
    names: (current.own.subjectAltName ?? "").split(", ").map((name) => name.replace(/^[^:]+:/, "")),
    authority: {
      file: authorityFile,
      valid_until: authority === undefined ? null : new Date(authority.validTo).toISOString(),
      sha256: authority?.fingerprint256 ?? null,
    },
    made,
  };
  if (json) console.log(JSON.stringify(facts, null, 2));
  else console.log(inWords(facts));
}

type Facts = NonNullable<ReturnType<typeof certificateStatus>> & {
  readonly names: readonly string[];
  readonly authority: {
    readonly file: string | null;
    readonly valid_until: string | null;
    readonly sha256: string | null;
  };
  readonly made: EnsuredCertificate["made"];
};

function inWords(facts: Facts): string {
  const { host, valid_until, days_left, made_by, names, authority, made } = facts;
  const due = renewal(facts);
  const day = (time: string | null) => (time ?? "unknown").slice(0, 10);
  return [
    ...made.map((text) => `✓ ${text}`),
    ...(made.length > 0 ? ["  npm run deploy puts it in force", ""] : []),
    `certificate  of ${host}, until ${day(valid_until)} (${days_left} days left${made_by === "sluice" ? "; deploy replaces it in time" : ""})`,
    `names        ${names.join(", ")}`,
    `authority    ${authority.file ?? "of the system"}, until ${day(authority.valid_until)}`,
    `SHA-256      ${authority.sha256 ?? "unknown"}`,
    ...(due === undefined ? [] : ["", `! ${due.what}\n  → ${due.remedy}`]),
    ...(authority.file === null ? [] : ["", trustCommands(authority.file)]),
  ].join("\n");
}

/** Browsers on a machine trust what its system trusts, but Firefox, and Chrome on Linux. */
function trustCommands(file: string): string {
  return `Browsers open workspaces only where the authority is trusted. Once on each machine, with this file:

macOS     sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain "${file}"
Windows   Import-Certificate -FilePath "${file}" -CertStoreLocation Cert:\\LocalMachine\\Root   (PowerShell as administrator)
Debian    sudo cp "${file}" /usr/local/share/ca-certificates/sluice-ca.crt && sudo update-ca-certificates
Fedora    sudo trust anchor "${file}"
Chrome on Linux
          certutil -d sql:"$HOME/.pki/nssdb" -A -t C,, -n "Sluice CA" -i "${file}"
Firefox   Settings → Privacy & Security → Certificates → View Certificates → Authorities → Import

Then start the browser again. More, also for many machines: certs/README.md`;
}
