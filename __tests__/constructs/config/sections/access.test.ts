import { configFindings } from "../../../support/config-findings";

describe("the host that people type", () => {
  const host = (text: string) => `access: { host: "${text}" }`;

  it.each(["localhost", "ai.team.example", "10.0.0.7", "3com.example"])("is taken: %s", (text) =>
    expect(configFindings(host(text))).toEqual([]),
  );

  it.each(["300.1.1.1", "1.2.3", "1.2.3.4.5", "0.0.0.0", "a_b", "x:80", "::1", "a..b", "a.", "https://a"])(
    "is refused: %s",
    (text) => {
      expect(configFindings(host(text))).toEqual([
        `platform.yaml:2:17 access.host: must be a host name or an IPv4 address, without scheme, port or path, got "${text}"; remedy: correct it, or remove the line for the default, localhost`,
      ]);
    },
  );
});

describe("the address of published ports", () => {
  const address = (text: string) => `exposure: { address: "${text}" }`;

  it.each(["127.0.0.1", "0.0.0.0", "::", "192.0.2.7", "fd00::7"])("is taken: %s", (text) =>
    expect(configFindings(address(text))).toEqual([]),
  );

  it.each(["224.0.0.1", "255.255.255.255", "ff02::1", "fe80::1%eth0", "localhost", "10.0.0.1/8", "0.0.0.1"])(
    "is refused: %s",
    (text) => {
      const found = configFindings(address(text));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain("platform.yaml:2:22 exposure.address: must be an IP address of this host");
    },
  );
});
