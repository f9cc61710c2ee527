import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { FakeAnthropic } from "../support/services/fake-anthropic";
import { askChat, GatewayProcesses, MASTER_KEY } from "../support/services/gateway-processes";
import { type Exposition, readExposition } from "../support/services/read-exposition";
import { PROJECT, sourceFiles } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity?: string };
  readonly annotations: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbook_url?: string;
  };
}

const textOf = (file: string) => readFileSync(path.join(PROJECT, file), "utf8");
const { groups } = parse(textOf("monitoring/alerts.yaml")) as {
  groups: readonly { readonly rules: readonly Alert[] }[];
};
const alerts = groups.flatMap(({ rules }) => rules);
const runbooks = textOf("docs/runbooks.md");
/** Names of metrics that an expression asks for, without what a histogram adds to its. */
const metricsIn = (expression: string) => [
  ...new Set(
    [...expression.replaceAll(/"[^"]*"/g, "").matchAll(/\b(?:gateway|process|nodejs)_[a-z0-9_]+/g)].map(
      ([name]) => name.replace(/_(?:bucket|sum|count)$/, ""),
    ),
  ),
];
const commands = [...runbooks.matchAll(/^```bash\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);

let processes: GatewayProcesses;
let provider: FakeAnthropic;
let shown: Exposition;

beforeAll(async () => {
  provider = await FakeAnthropic.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  const gateway = await processes.startGateway({
    JOURNAL_DIRECTORY: path.join(temporaryFolder(), "journal"),
  });
  await askChat(gateway, MASTER_KEY);
  shown = readExposition(await (await fetch(`${gateway.url}/metrics`)).text());
}, 60_000);

afterAll(async () => {
  await processes?.stop();
  await provider?.stop();
});

test("docs/metrics.md lists every metric with its type, labels and meaning", () => {
  const rows = textOf("docs/metrics.md")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  const expected = [...shown.values()].map(({ name, type, help, labels }) => {
    // A metric without a series does not say which labels it has.
    const listed = rows.find((row) => row.startsWith(`| \`${name}\` |`))?.split(" | ")[2] ?? "";
    const named = labels?.map((label) => `\`${label}\``).join(", ") ?? listed;
    return `| \`${name}\` | ${type} | ${named} | ${help} |`;
  });
  expect([...rows].sort()).toEqual(expected.sort());
});

describe("alerts", () => {
  it("ask for metrics that there are", () => {
    const asked = metricsIn(alerts.map(({ expr }) => expr).join("\n"));
    const known = [...shown.keys()];
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("say how urgent they are, what has happened, and where to read on", () => {
    for (const { alert, labels, annotations } of alerts) {
      const { severity } = labels;
      const { summary, description, runbook_url } = annotations;
      expect({ alert, severity, summary, description, runbook_url }).toEqual({
        alert,
        severity: expect.stringMatching(/^(?:critical|warning)$/),
        summary: expect.stringMatching(/./),
        description: expect.stringMatching(/\.$/),
        runbook_url: `docs/runbooks.md#${alert.toLowerCase()}`,
      });
    }
  });

  it("have tests of when they fire and when they do not", () => {
    const { tests } = parse(textOf("monitoring/alerts.test.yaml")) as {
      tests: readonly {
        readonly alert_rule_test: readonly {
          readonly alertname: string;
          readonly exp_alerts: readonly unknown[];
        }[];
      }[];
    };
    const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const tested = (isFiring: boolean) =>
      new Set(
        cases
          .filter(({ exp_alerts }) => exp_alerts.length > 0 === isFiring)
          .map(({ alertname }) => alertname),
      );
    const names = alerts.map(({ alert }) => alert).sort();
    expect([...tested(true)].sort()).toEqual(names);
    expect([...tested(false)].sort()).toEqual(names);
  });
});

describe("runbooks", () => {
  it("have a section for each alert, and for nothing else", () => {
    const sections = [...runbooks.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alerts.map(({ alert }) => alert));
  });

  it("say in each section what it means, how to look and what to do", () => {
    for (const section of runbooks.split(/^### /m).slice(1))
      expect(section).toMatch(/^\w+\n\n\*\*Means\*\* .*\n```bash\n.*```\n\n\*\*Do\*\* /s);
  });

  it("look for metrics that there are", () => {
    const names = [...shown.keys()].flatMap((name) => [name, `${name}_sum`, `${name}_count`]);
    const patterns = commands.flatMap((line) =>
      [...line.matchAll(/\/metrics \| grep -E '([^']+)'/g)].map(([, one = ""]) => one),
    );
    expect(patterns.length).toBeGreaterThan(20);
    // What follows the name is a matter of labels.
    const missing = patterns.filter((pattern) => {
      const ofName = new RegExp(pattern.replace(/(?:\\\{|\.\*).*$/, ""));
      return !names.some((name) => ofName.test(name));
    });
    expect(missing).toEqual([]);
  });

  it("look for lines that are logged", () => {
    const source = sourceFiles("services/gateway")
      .concat(sourceFiles("services/shared"))
      .map((file) => textOf(file))
      .join("\n");
    const phrases = commands.flatMap((line) =>
      [...line.matchAll(/sluice-gateway 2>&1 \| grep (?:-E )?'([a-z][^']+)'/g)].flatMap(([, one = ""]) =>
        one.split("|"),
      ),
    );
    expect(phrases.length).toBeGreaterThan(10);
    expect(phrases.filter((phrase) => !source.includes(phrase))).toEqual([]);
  });

  it("ask the database what it can answer", async () => {
    const questions = commands.flatMap((line) =>
      [...line.matchAll(/psql .* -c "([^"]+)"/g)].map(([, one = ""]) => one),
    );
    expect(questions.length).toBeGreaterThan(5);
    for (const question of questions) await expect(processes.query(question)).resolves.toBeDefined();
  });
});

test("operations.md scrapes as monitoring/prometheus.yaml does", () => {
  const example = /^```yaml\n(scrape_configs:.*?)^```$/ms.exec(textOf("docs/operations.md"))?.[1] ?? "";
  const { scrape_configs } = parse(textOf("monitoring/prometheus.yaml")) as { scrape_configs: unknown };
  expect((parse(example) as { scrape_configs?: unknown } | null)?.scrape_configs).toEqual(scrape_configs);
});
