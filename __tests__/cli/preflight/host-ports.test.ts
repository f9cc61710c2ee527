import { type AddressInfo, createServer } from "node:net";
import type { EngineFacts } from "../../../cli/preflight/engine-facts";
import { checkPorts } from "../../../cli/preflight/host-ports";
import { freePort } from "../../support/services/free-port";

const engine = (running: readonly object[] = [], isLocal = true) =>
  ({ runningContainers: running, isLocal }) as unknown as EngineFacts;
const holder = (port: number, HostIp: string) => ({
  Id: "id-of-other",
  Name: "/other",
  HostConfig: { PortBindings: { "80/tcp": [{ HostIp, HostPort: String(port) }] } },
});
const wants = (external: number, ip = "127.0.0.1") => [
  {
    address: "docker_container.gateway",
    type: "docker_container",
    actions: ["create"],
    before: undefined,
    after: { ports: [{ external, ip }] },
  },
];
const check = (port: number, facts: EngineFacts, going: string[] = [], ip?: string) =>
  checkPorts({ gateway: port, keyProvisioner: 1 }, wants(port, ip), facts, new Set(going));

describe("a host port", () => {
  it("is fine when it is free", async () => expect(await check(await freePort(), engine())).toEqual([]));

  it("is taken by a program, which is named, with the setting", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await check(port, engine())).toEqual([
      expect.objectContaining({
        path: "ports.gateway",
        problem: expect.stringMatching(`^port ${port} on 127.0.0.1 is taken by `),
      }),
    ]);
    // What another machine's engine publishes has nothing to do with this one's ports.
    expect(await check(port, engine([], false))).toEqual([]);
    server.close();
  });

  it.each(["127.0.0.1", "0.0.0.0", ""])("is taken by a container that publishes on %p", async (address) => {
    const port = await freePort();
    expect((await check(port, engine([holder(port, address)], false)))[0]?.problem).toBe(
      `port ${port} on 127.0.0.1 is taken by the container other`,
    );
  });

  it("of a container that goes before is free, and so is one on another address", async () => {
    const port = await freePort();
    expect(await check(port, engine([holder(port, "127.0.0.1")]), ["id-of-other"])).toEqual([]);
    expect(await check(port, engine([holder(port, "10.0.0.1")], false))).toEqual([]);
  });

  it("needs an address that the machine has", async () => {
    expect(await check(await freePort(), engine(), [], "192.0.2.1")).toEqual([
      expect.objectContaining({
        path: "exposure.address",
        problem: "192.0.2.1 is not an address of this machine",
      }),
    ]);
  });
});
