import { configFindings } from "../../../support/config-findings";

describe("a network that workspaces may reach", () => {
  const allow = (network: string) => `networks: { workspaces: { allow: [${network}] } }`;

  it.each(["10.9.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.7.0/24", "10.8.1.1/32"])(
    "is private: %s",
    (network) => expect(configFindings(allow(network))).toEqual([]),
  );

  it.each([
    ["169.254.169.254/32", "has link-local addresses, metadata services among them"],
    ["169.254.0.0/16", "has link-local addresses, metadata services among them"],
    ["127.0.0.0/8", "has addresses of each host itself"],
    ["127.0.0.1/32", "has addresses of each host itself"],
    ["0.0.0.0/0", "has addresses that are not private"],
    ["0.0.0.0/8", "has no addresses of hosts"],
    ["224.0.0.0/8", "has multicast and reserved addresses"],
    ["255.255.255.255/32", "has multicast and reserved addresses"],
    ["8.8.8.0/24", "has addresses that are not private"],
    ["100.64.0.0/10", "has addresses that are not private"],
    ["100.100.100.200/32", "has addresses that are not private"],
    ["192.0.0.192/32", "has addresses that are not private"],
    ["198.18.0.0/15", "has addresses that are not private"],
    ["172.0.0.0/8", "has addresses that are not private"],
    ["192.168.0.0/15", "has addresses that are not private"],
    ["10.0.0.0/7", "has addresses that are not private"],
  ])("is refused: %s", (network, what) => {
    expect(configFindings(allow(network))).toEqual([
      `platform.yaml:2:35 networks.workspaces.allow[0]: ${what}, got "${network}"; allowed: networks within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16; remedy: write one such as 10.9.0.0/16`,
    ]);
  });

  it("is written as a network, not as an address in it", () => {
    expect(configFindings(allow("10.9.0.1/16"))).toEqual([
      'platform.yaml:2:35 networks.workspaces.allow[0]: is an address inside a network, got "10.9.0.1/16"; allowed: the network\'s own; remedy: write 10.9.0.0/16, or 10.9.0.1/32 for that address alone',
    ]);
  });

  it.each(["10.9.0.0", "10.9.0.0/33", "10.9.0/16", "fd00::/8", "010.9.0.0/16", "git.example"])(
    "is in the notation of networks, and refused once: %s",
    (network) => {
      expect(configFindings(allow(JSON.stringify(network)))).toEqual([
        `platform.yaml:2:35 networks.workspaces.allow[0]: must be an IPv4 network such as 10.9.0.0/16, got "${network}"; remedy: correct it`,
      ]);
    },
  );

  it("has no part of the platform's other networks", () => {
    expect(
      configFindings(
        "networks: { data: { subnet: 10.80.1.0/24 }, workspaces: { allow: [10.7.0.0/16, 10.80.0.0/16] } }",
      ),
    ).toEqual([
      'platform.yaml:2:80 networks.workspaces.allow[1]: overlaps networks.data.subnet, 10.80.1.0/24, got "10.80.0.0/16"; allowed: networks outside the platform; remedy: leave its addresses out, or give that network another subnet',
    ]);
    expect(
      configFindings(
        "networks: { edge: { subnet: 10.80.1.0/24 }, workspaces: { subnet: 10.81.0.0/20, allow: [10.82.0.0/16] } }",
      ),
    ).toEqual([]);
  });

  it("is none of the workspaces themselves, which never reach each other", () => {
    expect(
      configFindings("networks: { workspaces: { subnet: 10.81.0.0/20, allow: [10.81.1.0/24] } }"),
    ).toEqual([
      'platform.yaml:2:57 networks.workspaces.allow[0]: is part of networks.workspaces.subnet, 10.81.0.0/20, got "10.81.1.0/24"; allowed: networks outside the platform; remedy: remove it: workspaces never reach each other',
    ]);
  });

  it("may surround the workspaces network, where the firewall decides first", () => {
    expect(configFindings("networks: { workspaces: { subnet: 10.81.0.0/20, allow: [10.0.0.0/8] } }")).toEqual(
      [],
    );
  });
});

describe("a subnet", () => {
  it.each([
    ["edge: { subnet: 8.8.0.0/16 }", "2:29 networks.edge.subnet"],
    ["data: { subnet: 198.51.100.0/24 }", "2:29 networks.data.subnet"],
    ["workspaces: { subnet: 8.8.0.0/16 }", "2:35 networks.workspaces.subnet"],
    ["edge: { subnet: 172.0.0.0/8 }", "2:29 networks.edge.subnet"],
  ])("is no part of the internet: %s", (network, expected) => {
    expect(configFindings(`networks: { ${network} }`)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^platform\\.yaml:${expected}: has addresses that are not private, got "[\\d./]+"; allowed: subnets within 10\\.0\\.0\\.0/8, 172\\.16\\.0\\.0/12, 192\\.168\\.0\\.0/16 or 100\\.64\\.0\\.0/10; remedy: write one such as 10\\.80\\.1\\.0/24$`,
        ),
      ),
    ]);
  });

  it("may be shared, as Docker's own beside a VPN's", () => {
    expect(configFindings("networks: { edge: { subnet: 100.64.7.0/24 } }")).toEqual([]);
  });

  it.each(["10.9.0.0", "x/20", "10.9.0.0/33"])("that is none is refused once: %s", (subnet) => {
    expect(configFindings(`networks: { workspaces: { subnet: ${subnet} } }`)).toHaveLength(1);
  });
});
