import { cached } from "../../../services/key-provisioner/cached";

it("reads at first, and again a second later, however often it is asked", async () => {
  let now = 0;
  const read = jest.fn(async () => now);
  const ask = cached(read, () => now);
  expect([await ask(), await ask()]).toEqual([0, 0]);
  now = 999;
  expect(await ask()).toBe(0);
  now = 1000;
  expect([await ask(), await ask()]).toEqual([1000, 1000]);
  expect(read).toHaveBeenCalledTimes(2);
});
