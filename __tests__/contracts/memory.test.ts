import { MemoryAdminTokenStore } from "../support/stores/admin-token-store";
import { MemoryAuditLog } from "../support/stores/audit-log";
import { MemoryBudgetStore } from "../support/stores/budget-store";
import { MemoryKeyStore } from "../support/stores/key-store";
import { MemoryNamedBudgetStore } from "../support/stores/named-budget-store";
import { MemoryQuotaStore } from "../support/stores/quota-store";
import { MemorySpendStore } from "../support/stores/spend-store";
import { MemoryUserStore } from "../support/stores/user-store";
import { describeAuditLog } from "./audit-log.contract";
import { describeBudgetStore } from "./budget-store.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeLedger } from "./ledger.contract";
import {
  describeAdminTokenStore,
  describeNamedBudgetStore,
  describeUserStore,
} from "./management-stores.contract";
import { describeQuotaStore } from "./quota-store.contract";
import { describeSpendStore } from "./spend-store.contract";

describeUserStore("memory", async () => new MemoryUserStore());
describeNamedBudgetStore("memory", async () => new MemoryNamedBudgetStore());
describeAdminTokenStore("memory", async () => new MemoryAdminTokenStore());
describeSpendStore("memory", async () => {
  const log = new MemoryAuditLog();
  return { log, spend: new MemorySpendStore(log.rows) };
});
describeKeyStore("memory", async () => new MemoryKeyStore());
describeQuotaStore("memory", async () => new MemoryQuotaStore());
describeAuditLog("memory", async () => {
  const log = new MemoryAuditLog();
  return { log, read: async () => [...log.rows.values()] };
});
describeBudgetStore("memory", async () => {
  const store: MemoryBudgetStore = new MemoryBudgetStore((row) => void audit.add(row));
  const audit = new MemoryAuditLog({ budgets: store });
  return {
    store,
    audit,
    leased: async (account) => store.leasedNano({ account, period: "all" }),
    rows: async () =>
      [...audit.rows.values()].map(({ costNanoUsd, errorType }) => ({
        cost: Number(costNanoUsd),
        errorType,
      })),
  };
});
describeLedger(
  "memory",
  async () => {
    let now = 0;
    const store: MemoryBudgetStore = new MemoryBudgetStore((row) => void audit.add(row), { now: () => now });
    const audit = new MemoryAuditLog({ budgets: store });
    return {
      gateways: [1, 2, 3].map(() => ({ store, audit })),
      leased: async (account) => store.leasedNano({ account, period: "all" }),
      rows: async () =>
        [...audit.rows.values()].map(({ requestId, costNanoUsd, errorType }) => ({
          requestId,
          cost: Number(costNanoUsd),
          errorType,
        })),
      pass: async (ms) => {
        now += ms;
      },
    };
  },
  { schedules: 60, steps: 150 },
);
