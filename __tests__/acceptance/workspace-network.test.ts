import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import { AppliedPlatform } from "../support/applied/applied-platform";
import { docker, inspect, logsOf } from "../support/applied/docker";
import { asHostRoot } from "../support/applied/host-root";
import { passesWithin } from "../support/applied/passes-within";
import { ProbeContainer } from "../support/applied/probe-container";

/**
 * What a workspace can reach, tried from real containers on the network of a real platform. A container without a network of the
 * engine's stands for everything outside: it has an address of the internet, one of a private network and that of clouds' metadata.
 */
const INTERNET = "203.0.113.9";
const PRIVATE_HOST = "10.199.99.9";
const ALLOWED_HOST = "10.199.98.9";
const METADATA = "169.254.169.254";
const UPLINK = `acc${process.pid}`;

let platform: AppliedPlatform;
let one: ProbeContainer;
let other: ProbeContainer;
let published: ProbeContainer;
let hostTcp: Server;
let hostUdp: Socket;

const container = (service: string) => `${platform.name}-${service}`;
const network = (name: string) => `${platform.name}-${name}`;
const workspaces = () => network("workspaces");
const hostAddress = () => inspect(container("gateway")).NetworkSettings.Networks[workspaces()]?.Gateway ?? "";
/** Name of the network's bridge, and of the tables with its rules. */
let bridge = "";
const bridgeOfNetwork = () =>
  docker(
    "network",
    "inspect",
    "--format",
    '{{index .Options "com.docker.network.bridge.name"}}',
    workspaces(),
  ).trim();
const firewall = () => container("workspace-firewall");
const port = (server: Server | Socket) => (server.address() as { port: number }).port;

const isClosedBetweenWorkspaces = () => {
  expect(one.reach("tcp", other.address(workspaces()), 9000)).toBe("closed");
  expect(other.reach("tcp", one.address(workspaces()), 9000)).toBe("closed");
};

beforeAll(async () => {
  platform = await AppliedPlatform.create({ ANTHROPIC_API_KEY: "no-provider-is-asked" });
  platform.configure(`networks: { workspaces: { allow: [${ALLOWED_HOST}/32] } }`);
  const { exitCode, output } = platform.npmRun("deploy", "--", "--auto-approve");
  if (exitCode !== 0) throw new Error(output);
  bridge = bridgeOfNetwork();

  one = ProbeContainer.start(container("workspace-one"), workspaces());
  other = ProbeContainer.start(container("workspace-other"), workspaces());
  published = ProbeContainer.start(container("published"), "bridge", "--publish", "0.0.0.0:0:9000");
  const outside = ProbeContainer.start(container("outside"), "none");
  asHostRoot(`ip link add ${UPLINK} type veth peer name eth0 netns ${outside.pid}
ip addr add 203.0.113.1/24 dev ${UPLINK}
ip link set ${UPLINK} up
nsenter --target ${outside.pid} --net sh -euc '
ip addr add ${INTERNET}/24 dev eth0; ip link set eth0 up; ip route add default via 203.0.113.1
for address in ${METADATA} ${PRIVATE_HOST} ${ALLOWED_HOST}; do ip addr add $address/32 dev eth0; done'
for address in ${METADATA} ${PRIVATE_HOST} ${ALLOWED_HOST}; do ip route replace $address/32 dev ${UPLINK}; done`);

  hostTcp = createServer((socket) => void socket.on("error", () => {}).end("here"));
  await new Promise<void>((resolve) => hostTcp.listen(0, "0.0.0.0", resolve));
  hostUdp = createSocket("udp4");
  hostUdp.on("message", (_text, from) => hostUdp.send("here", from.port, from.address));
  await new Promise<void>((resolve) => hostUdp.bind(0, "0.0.0.0", resolve));
});

afterAll(() => {
  hostTcp?.close();
  hostUdp?.close();
  // The link to the outside ends with its container, and its routes with it.
  platform.remove();
});

describe("a workspace reaches what it is there for", () => {
  it.each(["litellm", "gateway"])("%s by its name", (name) =>
    expect(one.reach("tcp", name, 4000)).toBe("open"),
  );
  it("the key-provisioner by its name", () => expect(one.reach("tcp", "key-provisioner", 8100)).toBe("open"));
  it("the internet", () => {
    expect(one.reach("tcp", INTERNET, 9000)).toBe("open");
    expect(one.reach("udp", INTERNET, 9000)).toBe("open");
  });
  it("a private network that is allowed", () => expect(one.reach("tcp", ALLOWED_HOST, 9000)).toBe("open"));
});

describe("a workspace does not reach", () => {
  it.each(["tcp", "udp"] as const)("another workspace, in either direction (%s)", (protocol) => {
    expect(one.reach(protocol, other.address(workspaces()), 9000)).toBe("closed");
    expect(other.reach(protocol, one.address(workspaces()), 9000)).toBe("closed");
  });

  it("a port of the host on every address, by any of the host's addresses", () => {
    for (const address of [hostAddress(), "203.0.113.1"]) {
      expect([address, one.reach("tcp", address, port(hostTcp))]).toEqual([address, "closed"]);
      expect([address, one.reach("udp", address, port(hostUdp))]).toEqual([address, "closed"]);
    }
  });

  it("the metadata of the cloud", () => expect(one.reach("tcp", METADATA, 9000)).toBe("closed"));

  it("private networks around the host", () => {
    expect(one.reach("tcp", PRIVATE_HOST, 9000)).toBe("closed");
    expect(one.reach("udp", PRIVATE_HOST, 9000)).toBe("closed");
  });

  it("ports that containers publish, not even the gateway's own", () => {
    const taken = Number(docker("port", published.name, "9000/tcp").split("\n")[0]?.split(":").pop());
    for (const address of [hostAddress(), "203.0.113.1"]) {
      expect([address, one.reach("tcp", address, taken)]).toEqual([address, "closed"]);
      expect(one.reach("tcp", address, platform.gatewayPort)).toBe("closed");
    }
  });

  it("other networks of the engine, and other ports of the services", () => {
    expect(one.reach("tcp", published.address("bridge"), 9000)).toBe("closed");
    const edge = inspect(container("gateway")).NetworkSettings.Networks[network("edge")]?.IPAddress ?? "";
    expect(one.reach("tcp", edge, 4000)).toBe("closed");
    expect(one.reach("tcp", "gateway", 8100)).toBe("closed");
  });
});

describe("the firewall", () => {
  it("is hardened: of the host it has the network, and of capabilities the one for it", () => {
    expect(docker("inspect", "--format", "{{.HostConfig.NetworkMode}}", firewall()).trim()).toBe("host");
    expect(inspect(firewall()).HostConfig).toMatchObject({
      CapAdd: ["CAP_NET_ADMIN"],
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges"],
    });
  });

  it("restores its rules within seconds when somebody removes them, and says so", async () => {
    for (const family of ["inet", "bridge"])
      docker("exec", firewall(), "nft", "delete", "table", family, bridge);
    await passesWithin(6, isClosedBetweenWorkspaces);
    expect(one.reach("tcp", hostAddress(), port(hostTcp))).toBe("closed");
    expect(logsOf(firewall())).toContain("firewall rules were changed");
    expect(inspect(firewall()).State.Health?.Status).toBe("healthy");
  });

  it("leaves its rules in force when it is killed, and comes back", async () => {
    const { Pid } = inspect(firewall()).State;
    asHostRoot(`kill -9 ${Pid}`);
    isClosedBetweenWorkspaces();
    await passesWithin(30, () => expect(inspect(firewall()).State).toMatchObject({ Running: true }));
    expect(inspect(firewall()).State.Pid).not.toBe(Pid);
    docker("stop", firewall());
    isClosedBetweenWorkspaces();
    docker("start", firewall());
    await passesWithin(30, () => expect(inspect(firewall()).State.Health?.Status).toBe("healthy"));
  });

  it("knows a service by an address that stays", () => {
    const address = () => inspect(container("gateway")).NetworkSettings.Networks[workspaces()]?.IPAddress;
    const before = address();
    docker("restart", container("gateway"));
    expect(address()).toBe(before);
  });

  it("leaves the next plan without changes", () => {
    expect(platform.npmRun("diff", "--", "--exit-code")).toMatchObject({ exitCode: 0 });
  });
});

describe("isolation: none", () => {
  it("is warned of, and takes the rules away; with firewall they are back, and no service was replaced", () => {
    const before = inspect(container("gateway")).Id;
    platform.configure("networks: { workspaces: { isolation: none } }");
    const { exitCode, output } = platform.npmRun("deploy", "--", "--auto-approve");
    expect([exitCode, output]).toEqual([
      0,
      expect.stringContaining("Warning: networks.workspaces.isolation is none"),
    ]);
    expect(asHostRoot("nft list tables")).not.toContain(bridge);
    platform.configure();
    expect(platform.npmRun("deploy", "--", "--auto-approve")).toMatchObject({ exitCode: 0 });
    isClosedBetweenWorkspaces();
    expect(inspect(container("gateway")).Id).toBe(before);
  });
});

describe("destroy", () => {
  it("removes the rules with the network", () => {
    docker("rm", "--force", one.name, other.name);
    expect(platform.npmRun("destroy", "--", "--auto-approve", "--volumes")).toMatchObject({ exitCode: 0 });
    expect(asHostRoot("nft list tables")).not.toContain(bridge);
  });
});
