import { confirm } from "../../../cli/terminal/confirm";

it("says, where nobody can answer, how --yes reaches the command through npm", async () => {
  const { isTTY } = process.stdin;
  process.stdin.isTTY = false;
  try {
    await expect(confirm("Apply this plan?")).rejects.toThrow(/give --yes .*npm run deploy -- --yes$/);
  } finally {
    process.stdin.isTTY = isTTY;
  }
});
