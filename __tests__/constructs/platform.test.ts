import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Testing } from "cdktf";
import { z } from "zod";
import {
  CoderStack,
  type PlatformConfig,
  parsePlatform,
  synthesizeWorkspaceTemplate,
} from "../../constructs";
import { PlatformSchema } from "../../constructs/config/schema";
import { synthesizeConfig } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";

/** Every setting that there is, written out: what has no default, is a list or a map is here with an entry. */
const EVERYTHING = {
  apiVersion: "sluice/v1",
  access: { certificate: { certificateFile: "a.crt", keyFile: "a.key", caFile: "ca.crt" } },
  coder: {
    wildcardHost: "*.coder.example",
    providerMirror: "/srv/providers",
    users: [
      {
        username: "ada",
        email: "ada@example.com",
        name: "Ada",
        roles: ["auditor"],
        login: "password",
        passwordEnv: "ADA_PASSWORD",
        minimumLevel: "standard",
      },
    ],
  },
  gateway: {
    trustedProxies: ["10.0.0.1"],
    corsAllowedOrigins: ["https://a.example"],
    keepAliveSeconds: 60,
    maxConnections: 100,
    maxAnswersInFlight: 100,
    maxBodyMegabytesInFlight: 64,
  },
  providers: {
    anthropic: { kind: "anthropic", apiKeyEnv: "TEAM_KEY", baseUrl: "https://a.example" },
    aws: {
      kind: "bedrock",
      accessKeyIdEnv: "TEAM_ID",
      secretAccessKeyEnv: "TEAM_SECRET",
      sessionTokenEnv: "TEAM_TOKEN",
      region: "us-east-1",
    },
  },
  models: [
    {
      name: "model",
      deployments: [
        {
          provider: "anthropic",
          model: "provider-model",
          prices: { input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 },
        },
        { provider: "aws", model: "provider-model" },
      ],
      prices: { input: 1, output: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1 },
      maxOutputTokens: 1000,
    },
    ...["second", "third"].map((name) => ({
      name,
      deployments: [{ provider: "anthropic", model: "provider-model" }],
      prices: { input: 1, output: 1 },
    })),
  ],
  enforcement: {
    minimum: Object.fromEntries(
      ["*", "workspace", "user", "ci", "agent", "agent:review", "agent:write"].map((scope) => [
        scope,
        "standard",
      ]),
    ),
    levels: [{ name: "own", file: "standard.md", strictness: 50 }],
  },
  scopes: Object.fromEntries(
    ["workspace", "user", "ci", "agentReview", "agentWrite"].map((scope) => [scope, { models: ["model"] }]),
  ),
  workspaces: {
    levels: ["unrestricted", "standard"],
    models: ["model", "second"],
    extension: { url: "https://files.example/a.vsix", sha256: "ab".repeat(32) },
  },
  networks: {
    edge: { subnet: "10.80.1.0/24" },
    data: { subnet: "10.80.2.0/24" },
    workspaces: { subnet: "10.80.3.0/24", allow: ["10.9.0.0/16"] },
  },
};

/** Another allowed value of a setting, by the end of its path, where the schema alone does not give one. */
const OTHER: readonly (readonly [path: RegExp, value: unknown])[] = [
  [/^name$/, "other"],
  [/^access\.host$/, "other.example"],
  [/^exposure\.address$/, "127.0.0.2"],
  [/^workspaces\.extension\.url$/, "https://files.example/b.vsix"],
  [/^workspaces\.extension\.sha256$/, "cd".repeat(32)],
  [/users\.\d\.username$/, "eve"],
  [/users\.\d\.email$/, "eve@example.com"],
  [/users\.\d\.name$/, "Eve"],
  [/users\.\d\.minimumLevel$/, "design-first"],
  [/users\.\d\.login$/, "github"],
  [/users\.\d\.roles\.0$/, "owner"],
  [/^coder\.wildcardHost$/, "*.other.example"],
  [/^coder\.providerMirror$/, "/srv/other"],
  [/trustedProxies\.0$/, "10.0.0.2"],
  [/corsAllowedOrigins\.0$/, "https://b.example"],
  [/Env$/, "OTHER_VARIABLE"],
  [/baseUrl$/, "https://b.example"],
  [/region$/, "eu-central-1"],
  [/models\.\d\.name$/, "other"],
  [/deployments\.\d\.provider$/, "SWAP"],
  [/deployments\.\d\.model$/, "other"],
  [/^enforcement\.default$/, "design-first"],
  [/^enforcement\.minimum\./, "design-first"],
  [/^workspaces\.levels\.\d$/, "design-first"],
  [/^workspaces\.defaultLevel$/, "unrestricted"],
  [/^workspaces\.models\.\d$/, "third"],
  [/^workspaces\.defaultModel$/, "second"],
  [/levels\.0\.name$/, "another"],
  [/levels\.0\.file$/, "design-first.md"],
  [/^scopes\..*\.period$/, "30d"],
  [/^scopes\..*\.models$/, "all"],
  [/^guardrails\.patterns\.0$/, "email"],
  [/^retention\.audit$/, "30d"],
  [/^images\./, "mirror.example/other:1.2.3"],
  [/edge\.subnet$/, "10.81.1.0/24"],
  [/data\.subnet$/, "10.81.2.0/24"],
  [/workspaces\.subnet$/, "10.81.3.0/24"],
  [/allow\.0$/, "10.10.0.0/16"],
];

/** Settings that change nothing by themselves, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  apiVersion: "the only version there is",
  "access.certificate.certificateFile": "which certificate it is, only the host knows: cli/certificates",
  "access.certificate.keyFile": "as certificateFile",
  "access.certificate.caFile": "as certificateFile",
  "coder.admin.username": "the first user is made once Coder runs",
  "coder.admin.email": "as coder.admin.username",
  "providers.<name>.kind": "says which other settings a provider has",
};

interface Schema {
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

interface Leaf {
  /** As in the documentation, such as `models.<item>.name`. */
  readonly path: string;
  readonly schema: Schema;
}

function leavesOf(schema: Schema, path: readonly string[] = []): Leaf[] {
  const below = (name: string, child: Schema) => leavesOf(child, [...path, name]);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, child]) => below(name, child));
  }
  if (schema.items) return below("<item>", schema.items);
  if (schema.oneOf) return schema.oneOf.flatMap((option) => leavesOf(option, path));
  if (typeof schema.additionalProperties === "object") {
    const names = schema.propertyNames?.enum ?? ["<name>"];
    return names.flatMap((name) => below(name, schema.additionalProperties as Schema));
  }
  return [{ path: path.join("."), schema }];
}

const schema = z.toJSONSchema(PlatformSchema, { io: "input", target: "draft-7" }) as Schema;
const leaves = [...new Map(leavesOf(schema).map((leaf) => [leaf.path, leaf])).values()];
const base = JSON.parse(JSON.stringify(parsePlatform(JSON.stringify(EVERYTHING))));
const outdir = temporaryFolder();
const before = synthesized(base);

/** All that a deploy works with: both stacks and the template of workspaces. */
function synthesized(config: PlatformConfig): string {
  const stack = JSON.stringify(synthesizeConfig(config));
  const files = synthesizeWorkspaceTemplate(outdir, config);
  const texts = readdirSync(files.directory).map((name) => readFileSync(join(files.directory, name), "utf8"));
  const app = Testing.stubVersion(new App({ stackTraces: false, outdir }));
  const coder = new CoderStack(app, { config, template: { files, image: "team/workspace:1" } });
  return [stack, JSON.stringify(coder.toTerraform()), ...texts, JSON.stringify(files.variables)].join("\n");
}

/** Places in the full configuration that a setting stands at. */
function placesOf(path: string): string[][] {
  return path.split(".").reduce<string[][]>(
    (places, step) =>
      places.flatMap((place) => {
        const value = valueAt(place);
        if (!/^<.*>$/.test(step)) return [[...place, step]];
        return Object.keys((value ?? {}) as object).map((key) => [...place, key]);
      }),
    [[]],
  );
}

function valueAt(place: readonly string[]): unknown {
  return place.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], base);
}

function otherValue(place: readonly string[], { enum: values, type, minimum = 0 }: Schema): unknown {
  const now = valueAt(place);
  const path = place.join(".");
  const [, other] = OTHER.find(([pattern]) => pattern.test(path)) ?? [];
  if (other === "SWAP") return now === "aws" ? "anthropic" : "aws";
  if (other !== undefined) return other;
  if (values !== undefined) return values.find((value) => value !== now);
  if (type === "boolean") return !now;
  if (type === "number" || type === "integer") return typeof now === "number" ? now + 1 : minimum + 1;
  throw new Error(`${path} needs another value in OTHER`);
}

function changed(place: readonly string[], value: unknown) {
  const config = structuredClone(base);
  const parent = place.slice(0, -1).reduce((at, step) => at[step], config);
  parent[place.at(-1) ?? ""] = value;
  // What names it elsewhere follows.
  if (place[0] === "models" && place[2] === "name") {
    config.workspaces.models = config.workspaces.models.map((name: string) =>
      name === valueAt(place) ? value : name,
    );
    for (const figures of Object.values<{ models: string | string[] }>(config.scopes)) {
      if (figures.models.includes(String(valueAt(place)))) figures.models = [value as string];
    }
  }
  // Only one way to log in has a password.
  if (place.at(-1) === "login") delete parent.passwordEnv;
  if (!config.workspaces.levels.includes(config.workspaces.defaultLevel)) {
    config.workspaces.defaultLevel = value;
  }
  return parsePlatform(JSON.stringify(config));
}

describe("platform.yaml", () => {
  it("has settings at all, and every exemption is about one of them", () => {
    expect(leaves.length).toBeGreaterThan(60);
    expect(leaves.map(({ path }) => path)).toEqual(expect.arrayContaining(Object.keys(EXEMPT)));
  });

  it.each(leaves.filter(({ path }) => !(path in EXEMPT)))("$path changes what is deployed", (leaf) => {
    const places = placesOf(leaf.path).filter(
      // Of several kinds of providers each has its own settings.
      (place) =>
        typeof valueAt(place.slice(0, -1)) === "object" &&
        (place[0] !== "providers" || valueAt(place) !== undefined),
    );
    expect(places).not.toEqual([]);
    for (const place of places) {
      expect(synthesized(changed(place, otherValue(place, leaf.schema)))).not.toBe(before);
    }
  });
});
