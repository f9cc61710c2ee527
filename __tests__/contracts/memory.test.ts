import { MemoryAuditLog } from "../../services/gateway/adapters/memory/audit-log";
import { MemoryKeyStore } from "../../services/gateway/adapters/memory/key-store";
import { describeAuditLog } from "./audit-log.contract";
import { describeKeyStore } from "./key-store.contract";

describeKeyStore("memory", async () => new MemoryKeyStore());
describeAuditLog("memory", async () => {
  const log = new MemoryAuditLog();
  return { log, read: async () => [...log.rows.values()] };
});
