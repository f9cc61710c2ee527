/** What the rules are made of. */
export interface RuleSource {
  /** Name of the network's bridge; the tables have the same name. */
  readonly bridge: string;
  /** IPv4 subnet of the network. */
  readonly subnet: string;
  /** `address:port` (TCP) on the network that its members may connect to. */
  readonly services: readonly string[];
  /** Networks that are reached although they are private. */
  readonly allow: readonly string[];
  /** Name servers that the engine asks on behalf of its containers; port 53 of them is reached. */
  readonly nameServers: readonly string[];
  /** Whether public addresses are reached. */
  readonly internet: boolean;
}

/** Addresses that are not the internet's: private, shared, link-local (metadata of clouds), loopback, multicast, reserved (RFC 6890). */
const NOT_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  // Public by its number, but the host service of Azure, which hands out a machine's configuration.
  "168.63.129.16",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
];

/**
 * What members of the network may send to others and to the host: one transaction for `nft -f` that replaces the table as a whole.
 *
 * Nothing that they send is let through because its connection is known already: a connection that was opened while the rules were
 * not in force ends with the next packet. Only answers to connections that came from elsewhere are.
 */
export function routedRules(source: RuleSource): string {
  const { bridge, allow, internet } = source;
  return replaceTable(`inet ${bridge}`, [
    ...servicesSet(source),
    ...set("allowed", "ipv4_addr", "flags interval; auto-merge;", allow),
    ...set("name_servers", "ipv4_addr", "flags interval; auto-merge;", source.nameServers),
    ...set("not_public", "ipv4_addr", "flags interval;", NOT_PUBLIC),
    ...chain("input", [
      "type filter hook input priority filter - 10; policy accept;",
      `iifname != "${bridge}" accept`,
      "ct direction reply ct state established,related accept",
      "drop",
    ]),
    ...chain("forward", [
      "type filter hook forward priority filter - 10; policy accept;",
      `iifname "${bridge}" jump outbound`,
      `oifname "${bridge}" jump inbound`,
    ]),
    ...chain("outbound", [
      // The network has IPv4 alone; this is for link-local IPv6 between its members.
      "meta nfproto != ipv4 drop",
      "ct direction reply ct state established,related accept",
      `oifname "${bridge}" ip daddr . tcp dport @services accept`,
      `oifname "${bridge}" drop`,
      // A published port: the engine has put the address of a container in place of the host's.
      "ct status dnat drop",
      "ip daddr @allowed accept",
      "ip daddr @name_servers udp dport 53 accept",
      "ip daddr @name_servers tcp dport 53 accept",
      "ip daddr @not_public drop",
      internet ? "accept" : "drop",
    ]),
    ...chain("inbound", [
      "ct state established,related accept",
      // Somebody with rights at the engine has published a port of a member on purpose.
      "ct status dnat accept",
      "drop",
    ]),
  ]);
}

/**
 * The same between members of the network, for frames that the bridge passes on without the host's IP layer seeing them. Goes by the subnet, since
 * not every kernel can match the bridge's name, and without conntrack, which not every kernel has for bridges.
 */
export function bridgedRules(source: RuleSource): string {
  const { bridge, subnet } = source;
  return replaceTable(`bridge ${bridge}`, [
    ...servicesSet(source),
    ...chain("forward", [
      "type filter hook forward priority filter; policy accept;",
      "ip daddr . tcp dport @services accept",
      // Answers of services; the first packet of a connection has SYN alone.
      "ip saddr . tcp sport @services tcp flags & (fin | syn | rst | ack) != syn accept",
      `ip saddr ${subnet} drop`,
      `ip daddr ${subnet} drop`,
    ]),
  ]);
}

function servicesSet({ services }: RuleSource): string[] {
  return set(
    "services",
    "ipv4_addr . inet_service",
    "",
    services.map((endpoint) => endpoint.replace(":", " . ")),
  );
}

function set(name: string, type: string, flags: string, elements: readonly string[]): string[] {
  const content = elements.length === 0 ? "" : ` elements = { ${elements.join(", ")} }`;
  return [`  set ${name} { type ${type}; ${flags}${content} }`];
}

function chain(name: string, rules: readonly string[]): string[] {
  return [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), "  }"];
}

/** Added first: a table that does not exist cannot be deleted. All of it takes effect at once. */
function replaceTable(table: string, content: readonly string[]): string {
  return [`table ${table}`, `delete table ${table}`, `table ${table} {`, ...content, "}", ""].join("\n");
}
