import { GUARDRAIL_PATTERNS } from "../../constructs/config/sections/guardrails";
import { renderGatewayConfig } from "../../constructs/gateway-config";
import { DEFAULT_SET, PATTERNS } from "../../services/gateway/guardrails/screening";
import { parseConfigFile } from "../../services/gateway/live-config/load-catalog";
import { platformConfig } from "../support/platform-fixture";

describe("the patterns of the screen", () => {
  it("have the same names in platform.yaml and in the gateway", () =>
    expect([...GUARDRAIL_PATTERNS]).toEqual([DEFAULT_SET, ...PATTERNS.map(({ id }) => id)]));

  it("reach the gateway as platform.yaml says", () => {
    const config = platformConfig("guardrails: { default: mask, patterns: [default, email] }");
    expect(parseConfigFile(renderGatewayConfig(config)).guardrail_settings).toEqual({
      default: "mask",
      patterns: ["default", "email"],
    });
  });
});
