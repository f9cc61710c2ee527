import { Capacity, DynamicShare, FairShare, mostOf } from "../../../../services/gateway/http/capacity";

describe("capacity", () => {
  const someone = { caller: "key:a", address: "10.0.0.1" };
  const another = { caller: "key:b", address: "10.0.0.2" };

  test("answers are counted up to their limit", () => {
    const capacity = new Capacity({ maxAnswers: 1, maxBodyBytes: 10 }, 10);
    expect([capacity.takeAnswer("a"), capacity.takeAnswer("b"), capacity.hasAnswer("b")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(capacity.isFull).toBe(true);
    capacity.giveBackAnswer("a");
    expect([capacity.answers, capacity.hasAnswer("b"), capacity.isFull]).toEqual([0, true, false]);
  });

  test("one caller leaves an eighth of the answers to others", () => {
    const capacity = new Capacity({ maxAnswers: 16, maxBodyBytes: 10 }, 10);
    const taken = Array.from({ length: 16 }, () => capacity.takeAnswer("a"));
    expect(taken.filter(Boolean)).toHaveLength(14);
    expect(capacity.isFull).toBe(false);
    expect([capacity.takeAnswer("b"), capacity.takeAnswer("b"), capacity.takeAnswer("b")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  /** A request for a model: its place, and its model's. @returns whether it has both */
  function take(capacity: Capacity, model: string): boolean {
    if (!capacity.takeAnswer("a caller of many")) return false;
    if (capacity.takeModelPlace(model) !== undefined) return true;
    capacity.giveBackAnswer("a caller of many");
    return false;
  }
  const takeMany = (capacity: Capacity, model: string) =>
    Array.from({ length: 40 }, () => take(capacity, model)).filter(Boolean).length;

  test("one model has half of the answers, two have a third each: others always have room", () => {
    const capacity = new Capacity({ maxAnswers: 24, maxBodyBytes: 10 }, 10);
    expect(takeMany(capacity, "hanging")).toBe(12);
    expect(takeMany(capacity, "hanging too")).toBe(6);
    expect([take(capacity, "another"), capacity.isFull]).toEqual([true, false]);
  });

  test("a model's place that is given back can be had again", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 10 }, 10);
    const places = Array.from({ length: 5 }, () => capacity.takeModelPlace("a"));
    expect(places.every((place) => place !== undefined)).toBe(true);
    capacity.takeAnswer("a");
    capacity.takeAnswer("b");
    capacity.takeAnswer("c");
    expect(capacity.takeModelPlace("a")).toBeUndefined();
    places[0]?.();
    expect(capacity.takeModelPlace("a")).toBeDefined();
  });

  test("a gateway with few places does not share them out among models", () => {
    const capacity = new Capacity({ maxAnswers: 7, maxBodyBytes: 10 }, 10);
    expect(takeMany(capacity, "a")).toBe(7);
  });

  test("bytes are booked up to the limit and given back once", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 10 }, 10);
    const room = capacity.openRoom(someone, "models");
    expect([room.take(6), room.take(5), room.take(4)]).toEqual([true, false, true]);
    expect([capacity.bodyBytes, capacity.isFull, room.hasRoom(1)]).toEqual([10, true, false]);
    room.release();
    room.release();
    expect([capacity.bodyBytes, capacity.isFull, room.take(1)]).toEqual([0, false, false]);
  });

  test("one caller has half of the memory at most, but always one whole body; one address three quarters", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 100 }, 10);
    expect(capacity.openRoom(someone, "models").take(50)).toBe(true);
    expect(capacity.openRoom(someone, "models").take(1)).toBe(false);
    const sameAddress = { ...another, address: someone.address };
    expect(capacity.openRoom(sameAddress, "models").take(25)).toBe(true);
    expect(capacity.openRoom(sameAddress, "models").take(1)).toBe(false);
    expect(capacity.openRoom(another, "models").take(25)).toBe(true);
    const small = new Capacity({ maxAnswers: 8, maxBodyBytes: 100 }, 80);
    expect(small.openRoom(someone, "models").take(80)).toBe(true);
  });

  test("one caller has a quarter of the bodies that are underway, one address half of them", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 100 }, 10);
    const begin = (holder: typeof someone) => capacity.openRoom(holder, "models").begin();
    expect([1, 2, 3].map(() => begin(someone))).toEqual([true, true, false]);
    const sameAddress = { ...another, address: someone.address };
    expect([1, 2, 3].map(() => begin(sameAddress))).toEqual([true, true, false]);
    expect(begin({ caller: "key:c", address: someone.address })).toBe(false);
    expect(begin(another)).toBe(false);
    expect(begin({ caller: "key:c", address: "10.0.0.3" })).toBe(true);
    expect(capacity.bodiesUnderway).toBe(5);
  });

  test("a body that came to its end is no longer underway, and keeps its bytes", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 100 }, 10);
    const room = capacity.openRoom(someone, "models");
    expect([room.begin(), room.begin(), room.take(5)]).toEqual([true, false, true]);
    room.end();
    room.end();
    expect([capacity.bodiesUnderway, capacity.bodyBytes]).toEqual([0, 5]);
  });

  test("management has room of its own", () => {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 10 }, 10);
    expect(capacity.openRoom(someone, "models").take(10)).toBe(true);
    const room = capacity.openRoom({ caller: "master", address: someone.address }, "management");
    expect([room.begin(), room.take(1024 * 1024)]).toEqual([true, true]);
    expect(capacity.bodyBytes).toBe(10 + 1024 * 1024);
  });
});

describe("dynamic share", () => {
  /** Lets holders take in turns until nobody gets any more. @returns what each has */
  function takeAll(limit: number, holders: readonly string[]): number[] {
    const share = new DynamicShare();
    const held = new Map<string, number>(holders.map((holder) => [holder, 0]));
    let taken = 0;
    for (let hasTaken = true; hasTaken; ) {
      hasTaken = false;
      for (const holder of holders) {
        if (!share.take(holder, limit - taken - 1)) continue;
        taken += 1;
        held.set(holder, (held.get(holder) ?? 0) + 1);
        hasTaken = true;
      }
    }
    return [...held.values()];
  }

  test.each([
    [["a"], [50]],
    [
      ["a", "b"],
      [33, 33],
    ],
    [
      ["a", "b", "c"],
      [25, 25, 25],
    ],
  ])("%j of 100 have %j each, and something is left", (holders, expected) => {
    expect(takeAll(100, holders)).toEqual(expected);
  });

  test("what is given back can be had again, and whoever holds nothing is forgotten", () => {
    const share = new DynamicShare();
    expect([share.take("a", 2), share.take("a", 1), share.take("b", 1)]).toEqual([true, false, true]);
    share.giveBack("a");
    expect(share.take("a", 1)).toBe(true);
  });
});

describe("fair share", () => {
  test("one holder takes up to its share, all together up to the limit", () => {
    const share = new FairShare(10, 6);
    expect([share.take("a", 6), share.take("a", 1), share.hasRoom("a", 1)]).toEqual([true, false, false]);
    expect([share.take("b", 5), share.take("b", 4), share.taken]).toEqual([false, true, 10]);
    expect([share.take("c", 1), share.hasRoom("c", 1)]).toEqual([false, false]);
  });

  test("what is given back can be taken again", () => {
    const share = new FairShare(10, 6);
    share.take("a", 6);
    share.giveBack("a", 2);
    share.giveBack("a", 0);
    expect([share.taken, share.take("a", 3), share.take("a", 2)]).toEqual([4, false, true]);
    share.giveBack("a", 6);
    expect([share.taken, share.take("b", 6), share.take("a", 4)]).toEqual([0, true, true]);
  });

  test.each([
    [1, 1],
    [7, 7],
    [8, 7],
    [16, 14],
    [2000, 1750],
  ])("an eighth is left for others, where there are enough: most of %d is %d", (limit, most) => {
    expect(mostOf(limit)).toBe(most);
  });
});
