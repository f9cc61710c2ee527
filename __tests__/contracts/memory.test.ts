import { MemoryAdminTokenStore } from "../../services/gateway/adapters/memory/admin-token-store";
import { MemoryAuditLog } from "../../services/gateway/adapters/memory/audit-log";
import { MemoryKeyStore } from "../../services/gateway/adapters/memory/key-store";
import { MemoryNamedBudgetStore } from "../../services/gateway/adapters/memory/named-budget-store";
import { MemorySpendStore } from "../../services/gateway/adapters/memory/spend-store";
import { MemoryUserStore } from "../../services/gateway/adapters/memory/user-store";
import { describeAuditLog } from "./audit-log.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeManagementStores } from "./management-stores.contract";
import { describeSpendStore } from "./spend-store.contract";

describeManagementStores("memory", async () => ({
  users: new MemoryUserStore(),
  budgets: new MemoryNamedBudgetStore(),
  adminTokens: new MemoryAdminTokenStore(),
}));
describeSpendStore("memory", async () => {
  const log = new MemoryAuditLog();
  return { log, spend: new MemorySpendStore(log.rows) };
});
describeKeyStore("memory", async () => new MemoryKeyStore());
describeAuditLog("memory", async () => {
  const log = new MemoryAuditLog();
  return { log, read: async () => [...log.rows.values()] };
});
