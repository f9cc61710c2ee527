import { Turns } from "../../../../services/key-provisioner/store/turns";

test("one name has one at a time, in order, and others do not wait for it", async () => {
  const turns = new Turns();
  const order: string[] = [];
  let end = () => {};
  const first = turns.take("a", () => new Promise<void>((resolve) => (end = resolve)));
  const failing = turns.take("a", async () => {
    order.push("second");
    throw new Error("broken");
  });
  const third = turns.take("a", async () => order.push("third"));
  await turns.take("b", async () => order.push("other"));
  end();
  await first;
  await expect(failing).rejects.toThrow("broken");
  await third;
  expect(order).toEqual(["other", "second", "third"]);
  await turns.take("a", async () => order.push("again"));
  expect(order.at(-1)).toBe("again");
});

test("not any number waits", async () => {
  const turns = new Turns();
  let end = () => {};
  const first = turns.take("a", () => new Promise<void>((resolve) => (end = resolve)));
  const waiting = Array.from({ length: 10 }, () => turns.take("a", async () => {}));
  await expect(turns.take("a", async () => {})).rejects.toMatchObject({ status: 429 });
  end();
  await Promise.all([first, ...waiting]);
});
