import { findUnboundedCost } from "../../../../services/gateway/ledger/find-unbounded-cost";

test.each<[object, string | undefined]>([
  [{}, undefined],
  [{ tools: [] }, undefined],
  [
    { tools: [{ name: "a" }, { type: "custom", name: "b" }, { type: "bash_20250124", name: "bash" }] },
    undefined,
  ],
  [{ tools: [{ name: "a" }, { type: "web_search_20250305", name: "web_search" }] }, "tools[1]"],
  [{ tools: [{ type: "code_execution_20250825", name: "code_execution" }] }, "tools[0]"],
  [{ tools: [{ type: {} }] }, "tools[0]"],
  [{ mcp_servers: [] }, undefined],
  [{ mcp_servers: [{ url: "https://example.org" }] }, "mcp_servers"],
  [{ container: "c-1" }, "container"],
  [{ container: null }, undefined],
  [{ fallbacks: [{ model: "other" }] }, "fallbacks"],
  [{ speed: "standard" }, undefined],
  [{ speed: "fast" }, "speed"],
  [{ inference_geo: "us" }, "inference_geo"],
  [{ inference_geo: "global" }, undefined],
])("%j: %p", (request, param) => {
  expect(findUnboundedCost(request as Record<string, unknown>)).toBe(param);
});
