import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { waitUntilReady } from "../../../cli/apply/readiness";
import { Progress } from "../../../cli/terminal/progress";
import { temporaryFolder } from "../../support/temporary-folder";

/**
 * The question that runs in the gateway's container is the real one, run by a real Node against a server that speaks for the gateway. In
 * place of docker is a program that runs here what it is told to run there; what the engine says of containers is made up.
 */
describe("waiting until the platform is ready", () => {
  const path = process.env["PATH"];
  const folder = temporaryFolder();
  const progress = new Progress({ quiet: true });
  let server: Server;
  let metrics: Record<string, number>;
  let status: string;

  function deliverAt(instant: Date): void {
    const job = JSON.stringify([
      { Name: "/team-gateway-files", State: { FinishedAt: instant.toISOString() } },
    ]);
    const { port } = server.address() as AddressInfo;
    const script = `#!/bin/sh
case $1 in
  exec) shift 3; PORT=${port} exec "$@" ;;
  container) echo '${job}' ;;
  ps) ;;
esac
`;
    writeFileSync(join(folder, "docker"), script);
    chmodSync(join(folder, "docker"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
  }

  beforeEach(async () => {
    status = "connected";
    metrics = {
      gateway_config_last_reload_successful: 1,
      gateway_secrets_last_reload_successful: 1,
      'gateway_working_rules_refused{level="standard"}': 0,
      'gateway_working_rules_refused{level="design-first"}': 0,
    };
    server = createServer((request, response) => {
      const lines = Object.entries(metrics).map(([name, value]) => `${name} ${value}\n`);
      response.end(request.url === "/metrics" ? lines.join("") : JSON.stringify({ status, db: "connected" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    deliverAt(new Date(0));
  });
  afterEach(async () => {
    process.env["PATH"] = path;
    await new Promise((resolve) => server.close(resolve));
  });

  it("ends at once when all is in force", async () => {
    expect(await waitUntilReady("team", progress, { limitMs: 0 })).toMatchObject({
      isReady: true,
      reasons: [],
    });
  });

  it("waits until the gateway has had the time to look at what was delivered", async () => {
    deliverAt(new Date());
    expect(await waitUntilReady("team", progress, { limitMs: 0 })).toMatchObject({ isReady: false });
    expect(await waitUntilReady("team", progress, { limitMs: 10_000 })).toMatchObject({ isReady: true });
  });

  it.each([
    ["configuration", "gateway_config_last_reload_successful", 0],
    ["secrets", "gateway_secrets_last_reload_successful", 0],
    ["enforced prompt", 'gateway_working_rules_refused{level="design-first"}', 1],
  ])("says that new %s were refused", async (what, metric, value) => {
    metrics[metric] = value;
    const { isReady, reasons } = await waitUntilReady("team", progress, { limitMs: 0 });
    expect([isReady, reasons]).toEqual([
      false,
      [expect.stringContaining(`the gateway rejected the new ${what}, and keeps the previous`)],
    ]);
  });

  it("says why a gateway is not ready, or that it does not answer", async () => {
    status = "degraded";
    expect((await waitUntilReady("team", progress, { limitMs: 0 })).reasons).toEqual([
      expect.stringContaining("the gateway's readiness is 200 degraded: database connected"),
    ]);
    server.close();
    server.closeAllConnections();
    expect((await waitUntilReady("team", progress, { limitMs: 0 })).reasons).toEqual([
      expect.stringContaining("the gateway does not answer"),
    ]);
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
});
