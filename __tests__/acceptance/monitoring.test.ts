import { join } from "node:path";
import { Promtool } from "../support/promtool/promtool";
import { FakeAnthropic } from "../support/services/fake-anthropic";
import { askChat, GatewayProcesses, MASTER_KEY, makeKey } from "../support/services/gateway-processes";
import { PROJECT } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";

/** What users load into Prometheus, and what a gateway shows it, judged by Prometheus' own tool. */
const MONITORING = join(PROJECT, "monitoring");
let promtool: Promtool;

beforeAll(() => {
  promtool = Promtool.ensure();
}, 120_000);

it.each([
  ["the configuration is valid", ["check", "config", join(MONITORING, "prometheus.yaml")]],
  ["the alerts are valid", ["check", "rules", join(MONITORING, "alerts.yaml")]],
  ["alerts fire when they should, and only then", ["test", "rules", join(MONITORING, "alerts.test.yaml")]],
])("%s", (_what, args) => {
  const { exitCode, output } = promtool.run(args);
  expect(output).not.toContain("FAILED");
  expect([exitCode, output]).toEqual([0, output]);
});

test("everything that a gateway shows is well formed and named by the conventions", async () => {
  const provider = await FakeAnthropic.start();
  const processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  const gateway = await processes.startGateway({ JOURNAL_DIRECTORY: join(temporaryFolder(), "journal") });
  const key = await makeKey(gateway, { max_budget: 1, rpm_limit: 100 });
  await askChat(gateway, MASTER_KEY);
  await askChat(gateway, key);
  await askChat(gateway, key, { model: 'made "up"\\\n' });
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  await processes.stop();
  await provider.stop();
  expect(promtool.run(["check", "metrics"], text)).toEqual({ exitCode: 0, output: "" });
}, 60_000);
