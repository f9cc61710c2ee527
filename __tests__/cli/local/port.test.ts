import { createServer, type Server } from "node:net";
import {
  findFreePort,
  isPortFree,
  LOOPBACK,
  parsePort,
  portTakenError,
  requireDifferentPorts,
  requireFreePort,
} from "../../../cli/local/port";

describe("a port that is taken", () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    port = await findFreePort();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(port, LOOPBACK, resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it("is not free", async () => expect(await isPortFree(port)).toBe(false));

  it("is refused with its holder and the option that changes it", async () => {
    const error = await requireFreePort(port, "gateway", "--port").catch((cause) => cause);
    expect(error.message).toContain(
      `port ${port}, meant for the gateway, is taken by process ${process.pid}`,
    );
    expect(error.message).toContain(`npm start -- --port ${port < 65_000 ? port + 100 : port - 100}`);
  });
});

test("two services are not given the same port", () => {
  expect(() => requireDifferentPorts(4000, 8100)).not.toThrow();
  expect(() => requireDifferentPorts(4000, 4000)).toThrow(
    "port 4000 is meant for the gateway and for the key-provisioner\n  → give each its own: npm start -- --provisioner-port 4100",
  );
});

describe("portTakenError", () => {
  it("does without a holder that cannot be told", () =>
    expect(portTakenError(4000, "gateway", "--port", undefined).message).toBe(
      "port 4000, meant for the gateway, is taken by another program\n  → stop that program, or choose another port: npm start -- --port 4100",
    ));

  it("shortens a long command", () => {
    const { message } = portTakenError(4000, "gateway", "--port", { pid: 7, command: "x".repeat(500) });
    expect(message.length).toBeLessThan(260);
    expect(message).toContain("process 7 (xxx");
  });
});

describe("parsePort", () => {
  it("reads a port", () => expect(parsePort("4000")).toBe(4000));
  it.each(["", "0", "65536", "4e3", "-1", "40.5", "http"])("refuses %j", (value) =>
    expect(() => parsePort(value)).toThrow("from 1 to 65535"),
  );
});
