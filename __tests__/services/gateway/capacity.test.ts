import { Capacity } from "../../../services/gateway/capacity";

test("answers and bytes are counted up to their limits", () => {
  const capacity = new Capacity({ maxAnswers: 1, maxBodyBytes: 10 });
  expect([capacity.takeAnswer(), capacity.takeAnswer()]).toEqual([true, false]);
  expect([capacity.takeBytes(10), capacity.takeBytes(1)]).toEqual([true, false]);
  capacity.giveBackAnswer();
  capacity.giveBackBytes(4);
  expect([capacity.answers, capacity.bodyBytes]).toEqual([0, 6]);
  expect([capacity.takeBytes(5), capacity.takeBytes(4)]).toEqual([false, true]);
});
