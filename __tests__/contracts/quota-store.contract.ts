import type { QuotaStore } from "../../services/gateway/store/quota-store";

/** What every store of sliding windows does. */
export function describeQuotaStore(name: string, open: () => Promise<QuotaStore>): void {
  describe(`quota store: ${name}`, () => {
    let store: QuotaStore;
    beforeEach(async () => {
      store = await open();
    });
    const take = async (need: number, limit = 10, account = "requests:key:1") => {
      const [grant] = await store.take([{ account, limit, need, want: 0 }]);
      if (grant === undefined) throw new Error("no answer");
      return grant;
    };

    test("gives up to the limit, then says how long to wait", async () => {
      await expect(take(6)).resolves.toMatchObject({ granted: 6, used: 6, waitMs: 0 });
      await expect(take(4)).resolves.toMatchObject({ granted: 4, used: 10 });
      const refused = await take(1);
      expect(refused).toMatchObject({ granted: 0, used: 10 });
      expect(refused.waitMs).toBeGreaterThan(58_000);
      expect(refused.waitMs).toBeLessThanOrEqual(62_000);
      expect(refused.resetMs).toBeGreaterThanOrEqual(refused.waitMs);
    });

    test("of many who ask at once exactly as many get something as there is", async () => {
      const grants = await Promise.all(Array.from({ length: 60 }, () => take(3, 50)));
      expect(grants.filter((grant) => grant.granted === 3)).toHaveLength(16);
    });

    test("many limits are asked for at once, and answered in their order", async () => {
      const accounts = ["tokens:key:2", "requests:key:1", "requests:key:3"];
      await take(9);
      const asked = accounts.map((account, index) => ({ account, limit: 10, need: index + 1, want: 0 }));
      const grants = await store.take(asked);
      expect(grants.map(({ granted, used }) => [granted, used])).toEqual([
        [1, 1],
        [0, 9],
        [3, 3],
      ]);
    });

    test("what is given back can be given again", async () => {
      const { block } = await take(10);
      await store.correct([{ account: "requests:key:1", block, amount: 4 }]);
      await expect(take(5)).resolves.toMatchObject({ granted: 0 });
      await expect(take(4)).resolves.toMatchObject({ granted: 4 });
    });

    test("what may be used counts in full when there is room for what is needed, and can be given back", async () => {
      const account = "tokens:key:1";
      const ask = async (need: number, bound: number, want = 0) => {
        const [grant] = await store.take([{ account, limit: 100, need, bound, want }]);
        return grant;
      };
      const first = await ask(10, 30);
      expect(first).toMatchObject({ granted: 30, used: 30, waitMs: 0 });
      const second = await ask(70, 900, 5000);
      expect(second).toMatchObject({ granted: 900, used: 930, waitMs: 0 });
      await expect(ask(1, 1)).resolves.toMatchObject({ granted: 0, used: 930 });
      await store.correct([{ account, block: second?.block, amount: 831 }]);
      await expect(ask(2, 2)).resolves.toMatchObject({ granted: 0, used: 99 });
      await expect(ask(1, 50)).resolves.toMatchObject({ granted: 50, used: 149 });
    });

    test("of many who need little and may use much, one at a time gets in", async () => {
      const asked = { account: "tokens:key:2", limit: 100, need: 5, bound: 1000, want: 20_000 };
      const grants = await Promise.all(Array.from({ length: 20 }, () => store.take([asked])));
      expect(grants.flat().filter(({ granted }) => granted > 0)).toMatchObject([{ granted: 1000 }]);
    });

    test("what happened counts, whatever the limit says", async () => {
      await store.correct([
        { account: "requests:key:1", block: undefined, amount: 20 },
        { account: "requests:key:1", block: undefined, amount: 5 },
      ]);
      await expect(take(1)).resolves.toMatchObject({ granted: 0, used: 25 });
      await expect(take(1, 10, "requests:key:2")).resolves.toMatchObject({ granted: 1 });
    });
  });
}
