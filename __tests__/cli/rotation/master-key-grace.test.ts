import { graceEnd, removeEndedGrace } from "../../../cli/rotation/master-key-grace";
import { readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { temporaryFolder } from "../../support/temporary-folder";

const END = "2026-03-10T09:00:00Z";
const stored = {
  gateway_master_key: "sk-present",
  gateway_master_key_previous: "sk-former",
  gateway_master_key_previous_valid_until: END,
};
const at = (instant: string) => async () => Date.parse(instant);
let home: string;
beforeEach(() => {
  home = temporaryFolder();
  writeSecrets(home, stored);
});

it("a former master key is taken out once its grace has ended by the database's clock", async () => {
  expect(await removeEndedGrace(home, "team", at(END))).toBe(true);
  expect(readSecrets(home)).toEqual({ gateway_master_key: "sk-present" });
  expect(await removeEndedGrace(home, "team", at(END))).toBe(false);
});

it.each([
  ["it is valid still", at("2026-03-10T08:59:59Z")],
  ["the database cannot be asked", () => Promise.reject(new Error("no such container"))],
])("stays while %s", async (_when, now) => {
  expect(await removeEndedGrace(home, "team", now)).toBe(false);
  expect(readSecrets(home)).toEqual(stored);
});

it("an end without a key is none", () => {
  expect(graceEnd({ gateway_master_key_previous_valid_until: END })).toBeUndefined();
  expect(graceEnd(stored)).toBe(END);
});
