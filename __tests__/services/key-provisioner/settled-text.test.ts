import { SettledText } from "../../../services/key-provisioner/settled-text";

it("takes text for new once, when it was seen twice", () => {
  const text = new SettledText("a");
  expect(["a", "b", "b", "b"].map((now) => text.look(now))).toEqual(["same", "unsettled", "new", "same"]);
});

it("takes what changes from look to look for unfinished, and what comes back for the same", () => {
  const text = new SettledText("a");
  expect(["b", "bc", "a", "a"].map((now) => text.look(now))).toEqual([
    "unsettled",
    "unsettled",
    "unsettled",
    "same",
  ]);
});
