import type { PlatformStatus } from "../../../cli/status/platform-status";
import { statusReport } from "../../../cli/status/report";

const status: PlatformStatus = {
  name: "team",
  well: false,
  deployed: true,
  problems: [{ what: "redis is exited, with exit code 1", remedy: "npm run sluice -- logs redis" }],
  notices: ["gateway was restarted 2 times by the engine"],
  engine_error: null,
  containers: [
    {
      service: "gateway",
      kind: "service",
      state: "running",
      health: "healthy",
      since: "2026-03-10T06:00:00.000Z",
      restarts: 2,
      oom_killed: false,
      exit_code: null,
      image: "team/gateway:0123456789ab",
      checkout_tag: "ba9876543210",
    },
    {
      service: "redis",
      kind: "service",
      state: "exited",
      health: null,
      since: "2026-03-10T08:59:30.000Z",
      restarts: 0,
      oom_killed: false,
      exit_code: 1,
      image: "redis:7",
      checkout_tag: null,
    },
  ],
  gateway: {
    status: "connected",
    ready: true,
    budgets: "available",
    audit: "database",
    database: "connected",
    version: "0.1.0",
    journal_bytes: 1_200_000,
  },
  coder: null,
  key_provisioner: { ready: true },
  models: [
    { name: "a", usable: true, reasons: [] },
    { name: "b", usable: false, reasons: ["b/0: no"] },
  ],
  certificate: {
    host: "ai.example",
    valid_until: "2027-04-11T08:00:00.000Z",
    days_left: 396,
    made_by: "sluice",
  },
  plan: null,
  disk: {
    free_bytes: 57_700_000_000,
    size_bytes: 271e9,
    volumes: { "team-redis-data": 1000 },
    databases: null,
  },
  checkout_version: "0.1.0",
};

it("is read at a glance, without colours where there is no terminal", () => {
  expect(statusReport(status, Date.parse("2026-03-10T09:00:00Z"))).toBe(`\
SERVICE  STATE    SINCE     RESTARTS  IMAGE
gateway  healthy  3 h       2         team/gateway:0123456789ab (checkout: ba9876543210)
redis    exited   30 s ago  0         redis:7

gateway          ready
version          0.1.0
key-provisioner  ready
models           1 of 2 usable: a
certificate      of ai.example, until 2027-04-11 (396 days left): sluice certs
disk             57.7 GB free of 271 GB
volumes          team-redis-data 1.00 kB
journal          1.20 MB

! gateway was restarted 2 times by the engine

✗ redis is exited, with exit code 1
  → npm run sluice -- logs redis

team is unhealthy: 1 problem`);
});

it("fits a narrow terminal: what has no room beside each other stands below each other", () => {
  const report = statusReport(status, Date.parse("2026-03-10T09:00:00Z"), 40);
  const [table = ""] = report.split("\n\n");
  expect(table).toBe(`\
gateway
  healthy, 3 h, restarts: 2
  team/gateway:0123456789ab
  (checkout: ba9876543210)
redis
  exited, 30 s ago
  redis:7`);
});
