import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Testing } from "cdktf";
import { loadPlatform, PlatformStack } from "../../constructs";
import { TeamGateway } from "../../examples/compose-your-own/main";
import { PROJECT } from "../support/source-files";

const files = [
  "platform.example.yaml",
  ...readdirSync(join(PROJECT, "examples"))
    .map((name) => `examples/${name}/platform.yaml`)
    .filter((file) => existsSync(join(PROJECT, file))),
];

describe("examples", () => {
  it.each(files)("%s synthesizes and keeps every rule", (file) => {
    const stack = new PlatformStack(Testing.stubVersion(new App({ stackTraces: false })), {
      config: loadPlatform(join(PROJECT, file)),
    });
    expect(() => Testing.fullSynth(stack)).not.toThrow();
  });

  it("compose-your-own is a gateway on a Postgres elsewhere, in about 30 lines", () => {
    const stack = new TeamGateway(Testing.stubVersion(new App({ stackTraces: false })), "team-gateway");
    Testing.synth(stack, true);
    const { resource, variable } = stack.toTerraform();
    const containers = Object.values<{ name: string; env: string[] }>(resource.docker_container);
    expect(containers.map(({ name }) => name).sort()).toEqual([
      "team-gateway-gateway",
      "team-gateway-gateway-files",
    ]);
    const gateway = containers.find(({ name }) => name === "team-gateway-gateway");
    expect(gateway?.env).toContain("DATABASE_URL=postgres://gateway@db.example.org:5432/gateway");
    expect(Object.keys(variable)).toContain("team_db_password");
    const file = readFileSync(join(PROJECT, "examples/compose-your-own/main.ts"), "utf8");
    const [, body = ""] = /^export class TeamGateway.*?\{\n(.*?)^\}/ms.exec(file) ?? [];
    expect(body.split("\n").length).toBeGreaterThan(15);
    expect(body.split("\n").length).toBeLessThanOrEqual(30);
  });
});
