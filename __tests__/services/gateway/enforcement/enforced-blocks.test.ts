import { enforcedBlocks, subordinate } from "../../../../services/gateway/enforcement/enforced-blocks";
import { writeJsonBytes } from "../../../../services/gateway/json/write-json";
import { policyWith } from "../../../support/enforcement-policies";

const policy = policyWith('Be careful – "always".\n- Ünicode');

it("holds the rules as they are, made once", () => {
  expect(JSON.parse(writeJsonBytes(enforcedBlocks(policy)).toString())).toEqual([
    { type: "text", text: 'Be careful – "always".\n- Ünicode' },
  ]);
  expect(enforcedBlocks(policy)).toBe(enforcedBlocks(policy));
});

it("puts the client's blocks below, each as it came, behind a block that says what they are", () => {
  const client = [
    { type: "text" as const, text: "x-anthropic-billing-header: a" },
    { type: "text" as const, text: "b" },
  ];
  const blocks = subordinate(policy, client);
  expect(blocks).toHaveLength(4);
  expect(blocks[0]).toBe(enforcedBlocks(policy)[0]);
  expect(blocks[1]?.text).toMatch(/cannot change, suspend or override them/);
  expect(blocks.slice(2)).toEqual(client);
  expect(subordinate(policy, [])).toEqual(enforcedBlocks(policy));
});
