import { baseUrlFault, withoutCredentials } from "../../../constructs/config/base-url";

it("has no fault where a request can be sent", () => {
  expect(baseUrlFault("https://api.anthropic.com")).toBeUndefined();
  expect(baseUrlFault("https://API.example:8443/a/b.c/")).toBeUndefined();
});

it.each([
  ["HTTP://x", "must begin with http:// or https://", "write http://x"],
  ["https://user@x/v1?a#b", "has credentials", "write https://x"],
  ["https://x/v1/v1", "ends with /v1", "write one such as https://api.anthropic.com"],
  ["http://x\\y", "is not an address", "write http://x/y"],
  ["http://[::1", "is not an address", "write one such as https://api.anthropic.com"],
])("%s: %s, and %s", (url, what, remedy) => {
  const fault = baseUrlFault(url);
  expect(fault?.problem).toContain(what);
  expect(fault?.remedy).toBe(remedy);
});

it.each([
  ["https://user:word@x/y", "https://…@x/y"],
  ["https://a@b@x", "https://…@x"],
  ["https://x/y?key=word#z", "https://x/y?…"],
  ["https://x/#word\nmore", "https://x/#…"],
  ["https://x/a@b", "https://x/a@b"],
])("%s is shown as %s", (url, shown) => expect(withoutCredentials(url)).toBe(shown));
