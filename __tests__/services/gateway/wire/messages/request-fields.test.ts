import { ruleOf } from "../../../../../services/gateway/wire/messages/request-fields";

it.each([
  ["model", "keep", "keep"],
  ["messages", "keep", "keep"],
  ["thinking", "keep", "keep"],
  ["context_management", "keep", "drop"],
  ["mcp_servers", "keep", "refuse"],
  ["container", "keep", "refuse"],
  ["thread", "refuse", "refuse"],
  ["previous_response_id", "refuse", "refuse"],
  ["inference_geo", "keep", "keep"],
  ["fallbacks", "drop", "drop"],
  ["speed", "drop", "drop"],
  ["stream", "drop", "drop"],
  ["api_base", "drop", "drop"],
  ["constructor", "drop", "drop"],
  ["__proto__", "drop", "drop"],
])("%s", (field, free, enforced) => {
  expect([ruleOf(field, false), ruleOf(field, true)]).toEqual([free, enforced]);
});
