import { MemoryAuditLog } from "../../services/gateway/adapters/memory/audit-log";
import { MemoryBudgetStore } from "../../services/gateway/adapters/memory/budget-store";
import { MemoryKeyStore } from "../../services/gateway/adapters/memory/key-store";
import { MemoryQuotaStore } from "../../services/gateway/adapters/memory/quota-store";
import { describeAuditLog } from "./audit-log.contract";
import { describeBudgetStore } from "./budget-store.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeQuotaStore } from "./quota-store.contract";

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
