import type { EngineContainer } from "../../../cli/docker/objects";
import { containerProblems, containerStatuses } from "../../../cli/status/container-status";
import { serviceTag } from "../../../constructs/service-inputs";

const IMAGE = `sha256:${"a".repeat(64)}`;

function container(service: string, state: Partial<EngineContainer["State"]>, restart = "unless-stopped") {
  return {
    Id: service,
    Name: `/team-${service}`,
    Image: IMAGE,
    RestartCount: 2,
    State: {
      Status: "running",
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: "2026-03-10T09:00:00.5Z",
      FinishedAt: "0001-01-01T00:00:00Z",
      ...state,
    },
    HostConfig: { RestartPolicy: { Name: restart } },
  } as EngineContainer;
}

const statuses = (found: EngineContainer[], missing: string[] = []) =>
  containerStatuses({
    platform: "team",
    recorded: {
      containers: missing.map((service) => ({
        id: service,
        name: `team-${service}`,
        image: IMAGE,
        labels: {},
        endpoints: [],
        isJob: false,
      })),
      images: ["team/gateway:0123456789ab"],
    },
    found,
    imageNames: new Map([[IMAGE, ["other:1", "team/gateway:0123456789ab"]]]),
  });
const problemsOf = (one: EngineContainer) =>
  statuses([one]).flatMap((status) => containerProblems("team", status).map(({ what }) => what));

describe("the state of containers", () => {
  it("names service, image and moments", () => {
    expect(statuses([container("gateway", {})])).toEqual([
      {
        service: "gateway",
        kind: "service",
        state: "running",
        health: null,
        since: "2026-03-10T09:00:00.500Z",
        restarts: 2,
        oom_killed: false,
        exit_code: null,
        image: "team/gateway:0123456789ab",
        checkout_tag: serviceTag("gateway"),
      },
    ]);
  });

  it("has a row for what is missing", () => {
    const [, redis] = statuses([container("gateway", {})], ["gateway", "redis"]);
    expect(redis).toMatchObject({ service: "redis", state: "missing", since: null });
    expect(redis && containerProblems("team", redis)).toEqual([
      { what: "redis is missing", remedy: "npm run deploy" },
    ]);
  });

  it.each<[string, EngineContainer, string[]]>([
    ["runs and is healthy", container("redis", { Health: { Status: "healthy" } }), []],
    ["is starting", container("redis", { Health: { Status: "starting" } }), ["redis is starting"]],
    ["is unhealthy", container("redis", { Health: { Status: "unhealthy" } }), ["redis is unhealthy"]],
    ["is paused", container("redis", { Status: "paused" }), ["redis is paused"]],
    ["ended", container("redis", { Status: "exited", ExitCode: 3 }), ["redis is exited, with exit code 3"]],
    [
      "ended for want of memory",
      container("redis", { Status: "exited", OOMKilled: true }),
      ["redis is exited: it needed more memory than it may have"],
    ],
    ["is a job that is done", container("roles", { Status: "exited" }, "no"), []],
    [
      "is a job that failed",
      container("roles", { Status: "exited", ExitCode: 2 }, "no"),
      ["the job roles failed with exit code 2"],
    ],
  ])("says what is wrong with one that %s", (_state, one, expected) =>
    expect(problemsOf(one)).toEqual(expected),
  );
});
