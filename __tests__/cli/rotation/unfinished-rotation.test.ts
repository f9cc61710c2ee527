import { beginRotation } from "../../../cli/rotation/pending-rotation";
import { describeUnfinished } from "../../../cli/rotation/unfinished-rotation";
import { readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { temporaryFolder } from "../../support/temporary-folder";

const secret = "gateway_master_key";
let home: string;
beforeEach(() => {
  home = temporaryFolder();
  writeSecrets(home, { [secret]: "sk-former" });
});

it("a deploy says what it does to a rotation that has not ended, without values", () => {
  expect(describeUnfinished(home)).toEqual([]);
  const end = "2026-03-10T09:00:00Z";
  beginRotation(
    home,
    { secret },
    {
      [secret]: "sk-new",
      gateway_master_key_previous: "sk-former",
      gateway_master_key_previous_valid_until: end,
    },
  );
  const [text = ""] = describeUnfinished(home);
  expect(text).toContain("the rotation of gateway_master_key, begun at");
  expect(text).toContain(`brings the new value into force; the former one ends at ${end}`);
  expect(text).not.toMatch(/sk-/);
});

it("and does not pretend where there is no new value", () => {
  const { former } = beginRotation(home, { secret }, { [secret]: "sk-new" });
  writeSecrets(home, { ...readSecrets(home), ...former });
  expect(describeUnfinished(home).join()).toContain("brings the former one into force");
});
