import { lockHolder } from "../../../cli/terraform/state-lock";

describe("lockHolder", () => {
  it("reads who has the state", () => {
    const text = `Error: Error acquiring the state lock

Lock Info:
  ID:        3768c544-6492-d746-2f72-4a032079ec65
  Operation: OperationTypePlan
  Who:       root@vm
  Version:   1.12.6
  Created:   2026-11-28 05:48:11.854988275 +0000 UTC
  Info:
`;
    expect(lockHolder(text)).toBe("plan of root@vm, since 2026-11-28 05:48:11 +0000 UTC");
  });

  it("says what it can of a lock without a description", () => {
    expect(lockHolder("Error: Error acquiring the state lock")).toBe("another run");
  });

  it("knows other failures", () => expect(lockHolder("Error: no such image")).toBeUndefined());
});
