import { LargeBodies, ValueMemory } from "../../../../../services/gateway/generation/read-request";
import { Capacity } from "../../../../../services/gateway/http/capacity";

describe("value memory", () => {
  const KIBIBYTE = 1024;

  function open(maxBodyBytes: number) {
    const capacity = new Capacity({ maxAnswers: 8, maxBodyBytes }, maxBodyBytes / 4);
    const room = (caller: string) => capacity.openRoom({ caller, address: caller }, "models");
    return { capacity, room };
  }

  test("a body of texts has paid for its values with its bytes", () => {
    const { capacity, room } = open(1024 * KIBIBYTE);
    new ValueMemory(room("a"), 400 * KIBIBYTE, 1600);
    expect(capacity.bodyBytes).toBe(0);
  });

  test("a body of little else than values books 256 bytes for each, less its own", () => {
    const { capacity, room } = open(1024 * KIBIBYTE);
    const a = room("a");
    new ValueMemory(a, 3 * KIBIBYTE, 1024);
    expect(capacity.bodyBytes).toBe(253 * KIBIBYTE);
    a.release();
    expect(capacity.bodyBytes).toBe(0);
  });

  test("values of texts count with those of the body, however often it is translated", () => {
    const { capacity, room } = open(1024 * KIBIBYTE);
    const memory = new ValueMemory(room("a"), 100 * KIBIBYTE, 200);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const texts = memory.openAllowance();
      expect(texts.left).toBe(149_800);
      texts.use(1000);
      memory.bookTexts(texts);
    }
    expect(capacity.bodyBytes).toBe(200 * KIBIBYTE);
  });

  test("what does not fit is refused: for now when others have the room, for good when one request can never have it", () => {
    const { room } = open(1024 * KIBIBYTE);
    new ValueMemory(room("a"), 0, 2048);
    new ValueMemory(room("b"), 0, 1024);
    const refusal = (values: number) => {
      try {
        return new ValueMemory(room("c"), 0, values);
      } catch (error) {
        return error;
      }
    };
    expect(refusal(1025)).toMatchObject({ status: 503, retryAfterSeconds: 1 });
    expect(refusal(2049)).toMatchObject({ status: 413 });
    expect(refusal(1024)).toBeInstanceOf(ValueMemory);
  });
});

describe("large bodies", () => {
  const LARGE = 128 * 1024;

  test("small bodies never wait, nor does a large one that comes alone", () => {
    const bodies = new LargeBodies();
    expect(bodies.turn(LARGE - 1)).toBeUndefined();
    expect(bodies.turn(LARGE)).toBeUndefined();
    expect(bodies.turn(LARGE - 1)).toBeUndefined();
  });

  test("large bodies that come together are worked on in their order, with what others do in between", async () => {
    const bodies = new LargeBodies();
    const order: string[] = [];
    const work = async (name: string) => {
      await bodies.turn(LARGE);
      order.push(name);
    };
    // Whoever else has something to do in each turn of the loop.
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        if (order.at(-1) !== "other") order.push("other");
      }
    })();
    await Promise.all(["a", "b", "c"].map(work));
    isOver = true;
    await others;
    expect(order.join(" ")).toMatch(/^a other b other c/);
  });

  test("when all are done, the next one does not wait", async () => {
    const bodies = new LargeBodies();
    await Promise.all([bodies.turn(LARGE), bodies.turn(LARGE)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(bodies.turn(LARGE)).toBeUndefined();
  });
});
