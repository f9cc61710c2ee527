import { bridgedRules, type RuleSource, routedRules } from "../../../services/workspace-firewall/rules";

const SOURCE: RuleSource = {
  bridge: "sluice-0a1b2c3d",
  subnet: "10.200.16.0/20",
  services: ["10.200.16.2:4000", "10.200.16.3:8100"],
  allow: ["10.9.0.0/16"],
  nameServers: ["10.0.0.2"],
  internet: true,
};

const chainOf = (rules: string, name: string) =>
  (new RegExp(`  chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(rules)?.[1] ?? "")
    .split("\n")
    .map((line) => line.trim());

describe("rules for what the host routes", () => {
  it("replace the table in one transaction", () => {
    expect(routedRules(SOURCE)).toMatch(
      /^table inet sluice-0a1b2c3d\ndelete table inet sluice-0a1b2c3d\ntable inet sluice-0a1b2c3d \{\n/,
    );
  });

  it("let members send to services, what is allowed, name servers and public addresses, in this order", () => {
    expect(chainOf(routedRules(SOURCE), "outbound")).toEqual([
      "meta nfproto != ipv4 drop",
      "ct direction reply ct state established,related accept",
      'oifname "sluice-0a1b2c3d" ip daddr . tcp dport @services accept',
      'oifname "sluice-0a1b2c3d" drop',
      "ct status dnat drop",
      "ip daddr @allowed accept",
      "ip daddr @name_servers udp dport 53 accept",
      "ip daddr @name_servers tcp dport 53 accept",
      "ip daddr @not_public drop",
      "accept",
    ]);
  });

  it("end in a drop without the internet", () => {
    expect(chainOf(routedRules({ ...SOURCE, internet: false }), "outbound").at(-1)).toBe("drop");
  });

  it("let members answer the host, and say nothing to it unasked", () => {
    expect(chainOf(routedRules(SOURCE), "input")).toEqual([
      "type filter hook input priority filter - 10; policy accept;",
      'iifname != "sluice-0a1b2c3d" accept',
      "ct direction reply ct state established,related accept",
      "drop",
    ]);
  });

  it("know services, private networks and metadata addresses", () => {
    const rules = routedRules(SOURCE);
    expect(rules).toContain("elements = { 10.200.16.2 . 4000, 10.200.16.3 . 8100 }");
    expect(rules).toContain(
      "set allowed { type ipv4_addr; flags interval; auto-merge; elements = { 10.9.0.0/16 } }",
    );
    for (const network of [
      "10.0.0.0/8",
      "168.63.129.16",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "100.64.0.0/10",
      "169.254.0.0/16",
    ])
      expect(rules).toContain(network);
  });

  it("have sets without elements where nothing is named", () => {
    expect(routedRules({ ...SOURCE, services: [], allow: [] })).toContain(
      "set services { type ipv4_addr . inet_service;  }",
    );
  });
});

describe("rules for what the bridge passes on", () => {
  it("let members speak with services alone", () => {
    expect(chainOf(bridgedRules(SOURCE), "forward")).toEqual([
      "type filter hook forward priority filter; policy accept;",
      "ip daddr . tcp dport @services accept",
      "ip saddr . tcp sport @services tcp flags & (fin | syn | rst | ack) != syn accept",
      "ip saddr 10.200.16.0/20 drop",
      "ip daddr 10.200.16.0/20 drop",
    ]);
  });
});
