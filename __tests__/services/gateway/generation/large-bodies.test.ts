import { LargeBodies } from "../../../../services/gateway/generation/large-bodies";

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
