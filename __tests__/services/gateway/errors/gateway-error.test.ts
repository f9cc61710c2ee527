import { GatewayError, shorten } from "../../../../services/gateway/errors/gateway-error";

it("has its status as code, and blames no parameter, unless it says so", () => {
  expect(new GatewayError(503, "server_error", "Busy.").toBody()).toEqual({
    error: { message: "Busy.", type: "server_error", param: null, code: "503" },
  });
  const details = { code: "model_not_found", param: "model" };
  expect(new GatewayError(404, "invalid_request_error", "No.", details).toBody()).toEqual({
    error: { message: "No.", type: "invalid_request_error", param: "model", code: "model_not_found" },
  });
});

it("shows the client fields of its own, and never what is for the log", () => {
  const error = new GatewayError(502, "api_error", "Failed.", {
    reason: "ENOTFOUND",
    upstreamStatus: 529,
    retryAfterSeconds: 3,
    fields: { budget: "key" },
  });
  expect(error.toBody()).toEqual({
    error: { message: "Failed.", type: "api_error", param: null, code: "502", budget: "key" },
  });
});

it.each([
  ["x".repeat(200), "x".repeat(200)],
  ["x".repeat(201), `${"x".repeat(200)}…`],
  ["", ""],
])("bounds text of clients", (text, shown) => expect(shorten(text)).toBe(shown));
