import type { PlatformConfig } from "../../constructs/config/schema";
import { RENEWAL_DAYS, readAccessCertificate } from "./access-certificate";
import { daysLeft } from "./certificate";

/** The certificate of the access host, for people and scripts. */
export interface CertificateStatus {
  readonly host: string;
  /** ISO 8601. */
  readonly valid_until: string;
  /** Whole days; negative once it has ended. */
  readonly days_left: number;
  /** `sluice`: made here, and replaced by a deploy before it ends. `own`: `access.certificate`. */
  readonly made_by: "sluice" | "own";
}

/** @returns undefined where there is none yet. @throws UserError as `readAccessCertificate` */
export function certificateStatus(
  home: string,
  config: Pick<PlatformConfig, "access" | "coder">,
  now = new Date(),
): CertificateStatus | undefined {
  const present = readAccessCertificate(home, config, now);
  if (present === undefined) return undefined;
  return {
    host: config.access.host,
    valid_until: new Date(present.own.validTo).toISOString(),
    days_left: daysLeft(present.own, now),
    made_by: config.access.certificate === undefined ? "sluice" : "own",
  };
}

/** What is to be done about a certificate that ends soon, and how; undefined where nothing is. */
export function renewal({
  host,
  days_left,
  made_by,
}: CertificateStatus): { readonly what: string; readonly remedy: string } | undefined {
  if (days_left >= RENEWAL_DAYS) return undefined;
  const when = days_left < 0 ? "has ended" : `ends in ${days_left} ${days_left === 1 ? "day" : "days"}`;
  return {
    what: `the certificate of ${host} ${when}`,
    remedy:
      made_by === "sluice"
        ? "npm run deploy replaces it"
        : "replace the files of access.certificate, npm run deploy",
  };
}
