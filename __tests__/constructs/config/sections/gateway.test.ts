import { configFindings } from "../../../support/config-findings";

describe("a trusted proxy", () => {
  const proxy = (text: string) => `gateway: { trustedProxies: [${JSON.stringify(text)}] }`;

  it.each(["10.0.0.1", "10.0.0.0/8", "203.0.113.7", "fd00::1", "fd00::/8"])("is taken: %s", (text) =>
    expect(configFindings(proxy(text))).toEqual([]),
  );

  it.each([
    ["0.0.0.0/0", "trusts everyone"],
    ["::/0", "trusts everyone"],
    ["10.0.0.1/8", "is an address inside a range"],
    ["10.0.0.0/08", "must be an address or a range such as 10.0.0.0/8"],
    ["fe80::1%eth0", "must be an address or a range such as 10.0.0.0/8"],
    ["10.0.0.0/33", "must be an address or a range such as 10.0.0.0/8"],
    ["10.0.0.1,10.0.0.2", "must be an address or a range such as 10.0.0.0/8"],
  ])("is refused: %s", (text, what) => {
    const found = configFindings(proxy(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`platform.yaml:2:29 gateway.trustedProxies[0]: ${what}`);
  });
});

describe("an origin", () => {
  const origin = (text: string) => `gateway: { corsAllowedOrigins: [${JSON.stringify(text)}] }`;

  it.each(["*", "https://chat.example.org", "http://localhost:3000", "http://[::1]:3000"])(
    "is taken: %s",
    (text) => expect(configFindings(origin(text))).toEqual([]),
  );

  it.each([
    "null",
    "ftp://a.example",
    "https://A.example",
    "https://a.example:443",
    "https://a.example/",
    "https://a,b",
    "https://`id`$x;",
    'https://a"b',
    "https://a_{b}",
    "javascript:1",
  ])("is refused: %s", (text) => {
    const found = configFindings(origin(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(
      "platform.yaml:2:33 gateway.corsAllowedOrigins[0]: must be * or an origin such as https://chat.example.org",
    );
  });
});
