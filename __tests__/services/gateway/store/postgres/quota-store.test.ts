import { describeQuotaStore } from "../../../../contracts/quota-store.contract";
import { usePostgres } from "../../../../support/services/postgres-databases";

const databases = usePostgres();
const { openNew } = databases;

describeQuotaStore("postgres", async () => (await openNew()).database.quotas);

test.each([3_600_000, 9000])(
  "after the database's clock was set back by %d ms a limit is full for a window, not until its old time comes again",
  async (stepMs) => {
    const { database, name } = await openNew();
    const ask = { account: "requests:key:1", limit: 10, need: 10, want: 0 };
    await database.quotas.take([ask]);
    await databases.postgres.query(`UPDATE rate_blocks SET expires_at_ms = expires_at_ms + ${stepMs}`, name);
    const [grant] = await database.quotas.take([ask]);
    expect(grant).toMatchObject({ granted: 0, used: 10 });
    expect(grant?.waitMs).toBeGreaterThan(55_000);
    expect(grant?.waitMs).toBeLessThanOrEqual(62_000);
  },
);
