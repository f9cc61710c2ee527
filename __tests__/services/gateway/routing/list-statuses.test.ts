import type { Deployment } from "../../../../services/gateway/routing/deployment";
import { listStatuses } from "../../../../services/gateway/routing/list-statuses";

test("lists what is used and what was left out, with its reason", () => {
  const used = { id: "a/0", modelName: "a", upstreamModel: "a-1" } as Deployment;
  const skipped = { id: "a/1", modelName: "a", upstreamModel: "bedrock/a", error: "AWS_REGION is not set" };
  const catalog = { groups: new Map([["a", [used]]]) };
  expect(listStatuses(catalog, [skipped])).toEqual([{ ...used, error: undefined }, skipped]);
});
