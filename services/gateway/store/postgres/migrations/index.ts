import { keysAndAudit } from "./0001-keys-and-audit";
import { ledger } from "./0002-ledger";
import { limits } from "./0003-limits";
import { management } from "./0004-management";
import { attemptsAndUsage } from "./0005-attempts-and-usage";
import { attribution } from "./0006-attribution";
import { leaseSpend } from "./0007-lease-spend";
import { lostAndOverspent } from "./0008-lost-and-overspent";
import { clockAndRefusals } from "./0009-clock-and-refusals";
import { webSearches } from "./0011-web-searches";
import { quotaInFull } from "./0012-quota-in-full";
import { probesAndClockSteps } from "./0014-probes-and-clock-steps";
import { dailySpend } from "./0015-daily-spend";
import { pagesOfRequests } from "./0016-pages-of-requests";
import { leasesTogether } from "./0017-leases-together";
import type { Migration } from "./migration";

/** Every step, in order. */
export const migrations: readonly Migration[] = [
  keysAndAudit,
  ledger,
  limits,
  management,
  attemptsAndUsage,
  attribution,
  leaseSpend,
  lostAndOverspent,
  clockAndRefusals,
  webSearches,
  quotaInFull,
  probesAndClockSteps,
  dailySpend,
  pagesOfRequests,
  leasesTogether,
];
