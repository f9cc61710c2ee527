import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { keyFile } from "../../../../services/workspace/container/places";
import { describeBudget, describeTopic, type Topic } from "../../../../services/workspace/metadata/key-info";
import { testPlaces } from "../../../support/workspace/places";
import { PlatformStandIn } from "../../../support/workspace/platform-stand-in";

let platform: PlatformStandIn;
const places = testPlaces();
beforeEach(async () => {
  platform = await PlatformStandIn.start();
  mkdirSync(dirname(keyFile(places)), { recursive: true });
  writeFileSync(keyFile(places), "sk-1");
});
afterEach(() => platform.stop());

const describeIt = (topic: Topic, url = platform.url) =>
  describeTopic(topic, { places, gatewayUrl: url, keyProvisionerUrl: url });

describe("what Coder's page shows", () => {
  it("is asked with the workspace's own key", async () => {
    expect(await describeIt("budget")).toBe("$9.42 of $10 left today");
    expect(await describeIt("level")).toBe("standard");
    expect(platform.received.map(({ authorization }) => authorization)).toEqual([
      "Bearer sk-1",
      "Bearer sk-1",
    ]);
  });

  it("says whether the gateway is there", async () => {
    expect(await describeIt("gateway")).toBe("reachable");
    expect(await describeIt("gateway", "http://127.0.0.1:9")).toBe("not reachable");
  });

  it.each([
    [401, {}, "the key is not valid, run workspace-start"],
    [503, {}, "unknown (503)"],
    [200, "nonsense", "unknown, the key-provisioner does not answer"],
  ])("after %s says so", async (status, body, expected) => {
    platform.keyInfo = { status, body };
    expect(await describeIt("budget")).toBe(expected);
  });

  it("says that there is no key", async () => {
    writeFileSync(keyFile(places), "no-key-was-issued");
    expect(await describeIt("level")).toBe("no key, run workspace-start");
    expect(
      await describeTopic("level", { places: testPlaces(), gatewayUrl: undefined, keyProvisionerUrl: "x" }),
    ).toBe("no key");
  });
});

it.each([
  [{ budget_usd: 10, spent_usd: 0.001, budget_period: "1d" }, "$9.99 of $10 left today"],
  [{ budget_usd: 10, spent_usd: 12, budget_period: "1d" }, "$0.00 of $10 left today"],
  [{ budget_usd: 2.5, spent_usd: 0.1, budget_period: "30d" }, "$2.40 of $2.50 left this month"],
  [{ budget_usd: 5, spent_usd: null }, "$5.00 of $5 left"],
  [{ budget_usd: null }, "no budget, so no limit"],
])("the budget %j reads %s", (info, expected) => {
  expect(describeBudget(info)).toBe(expected);
});
