import { createStartLog } from "../../../../services/workspace/startup/start-log";

it("the log has the seconds, the phase and no secret", () => {
  let text = "";
  let now = 0;
  const log = createStartLog(
    (line) => {
      text += line;
    },
    ["agent-token-1", undefined, ""],
    () => now,
  );
  log("key", "asking");
  now = 12_340;
  log("repository", "fatal: https://me:secret@host/x agent-token-1\nand sk-abcdefghij");
  expect(text).toBe(
    [
      "  0.0s  key          asking\n",
      " 12.3s  repository   fatal: https://[redacted]@host/x [redacted]\n",
      " 12.3s  repository   and sk-[redacted]\n",
    ].join(""),
  );
});
