import { findingsOf } from "../../../support/config-findings";

const VERSION = "apiVersion: sluice/v1\n";

describe("a platform file whose settings do not fit each other", () => {
  it.each([
    [
      "two equal ports",
      `${VERSION}ports:\n  gateway: 8100`,
      "platform.yaml:3:12 ports.keyProvisioner: is the same port as ports.gateway, got 8100; allowed: each port once; remedy: give each its own",
    ],
    [
      "an unknown level",
      `${VERSION}enforcement: { default: strict }`,
      'platform.yaml:2:25 enforcement.default: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a scope's model that is not offered",
      `${VERSION}scopes: { ci: { models: [claude-haiku-4-5, claude-haiku-4] } }`,
      'platform.yaml:2:44 scopes.ci.models[1]: is not a model, got "claude-haiku-4"; allowed: claude-sonnet-4-5, claude-haiku-4-5, claude-opus-4-5; remedy: did you mean claude-haiku-4-5? name one of them, or add it to models',
    ],
    [
      "an unknown minimum",
      `${VERSION}enforcement: { minimum: { ci: strict } }`,
      'platform.yaml:2:31 enforcement.minimum.ci: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a level with a name that is taken",
      `${VERSION}enforcement: { levels: [{ name: standard, file: standard.md, strictness: 1 }] }`,
      'platform.yaml:2:33 enforcement.levels[0].name: is the name of another level, got "standard"; allowed: each name once, the standard ones are taken; remedy: choose another',
    ],
    [
      "a level whose file is missing",
      `${VERSION}enforcement: { levels: [{ name: a, file: missing.md, strictness: 1 }] }`,
      "platform.yaml:2:42 enforcement.levels[0].file: prompts/missing.md cannot be read (ENOENT); without valid rules the gateway refuses every request of level a; remedy: write the rules into that file",
    ],
    [
      "a model on a missing provider",
      `${VERSION}models: [{ name: m, deployments: [{ provider: nope, model: x }], prices: { input: 1, output: 1 } }]`,
      'platform.yaml:2:47 models[0].deployments[0].provider: is not a provider, got "nope"; allowed: anthropic; remedy: name one of them, or add it to providers',
    ],
    [
      "two equal subnets",
      `${VERSION}networks: { edge: { subnet: 10.1.0.0/24 }, data: { subnet: 10.1.0.0/24 } }`,
      'platform.yaml:2:60 networks.data.subnet: overlaps networks.edge.subnet, 10.1.0.0/24, got "10.1.0.0/24"; allowed: subnets that share no address; remedy: write another',
    ],
    [
      "providers that the default models do not know",
      `${VERSION}providers: { bedrock: { kind: bedrock } }`,
      "platform.yaml:2:12 providers: has no anthropic, on which the default models run; remedy: write models of your own, or add a provider of that name",
    ],
    [
      "overlapping subnets",
      `${VERSION}networks: { edge: { subnet: 10.1.0.0/16 }, data: { subnet: 10.1.2.0/24 } }`,
      'platform.yaml:2:60 networks.data.subnet: overlaps networks.edge.subnet, 10.1.0.0/16, got "10.1.2.0/24"; allowed: subnets that share no address; remedy: write another',
    ],
    [
      "an unknown level for a scope with a colon",
      `${VERSION}enforcement: { minimum: { "agent:write": strict } }`,
      'platform.yaml:2:42 enforcement.minimum["agent:write"]: is not a level, got "strict"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
    ],
    [
      "a secret's name for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: GATEWAY_MASTER_KEY } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: is the name of a secret that Sluice generates, got "GATEWAY_MASTER_KEY"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY',
    ],
    [
      "a service's variable for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: DATABASE_URL } }`,
      `platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of Sluice's services, got "DATABASE_URL"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY`,
    ],
    [
      "the gateway's key for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: LITELLM_MASTER_KEY } }`,
      `platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of Sluice's services, got "LITELLM_MASTER_KEY"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY`,
    ],
    [
      "PATH for a credential",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: PATH } }`,
      'platform.yaml:2:55 providers.anthropic.apiKeyEnv: is a variable of the system, got "PATH"; allowed: a name that nothing else reads; remedy: put the value into a variable of its own, such as ANTHROPIC_API_KEY',
    ],
    [
      "one variable for two kinds of credentials",
      `${VERSION}providers: { anthropic: { kind: anthropic, apiKeyEnv: AWS_SECRET_ACCESS_KEY }, bedrock: { kind: bedrock } }`,
      'platform.yaml:2:55 providers.bedrock.secretAccessKeyEnv: is the variable of providers.anthropic.apiKeyEnv, which holds something else, got "AWS_SECRET_ACCESS_KEY"; allowed: one variable for one kind of credential; remedy: give each its own',
    ],
  ])("with %s is refused where it stands", (_what, text, expected) => {
    expect(findingsOf(text)).toEqual([expected]);
  });
});

it("takes a level for no other one's namesake because one before it has no name", () => {
  const levels = "[{ name: 1, file: a.md, strictness: 1 }, { name: own, file: b.md, strictness: 2 }]";
  const findings = findingsOf(`${VERSION}enforcement: { levels: ${levels} }`);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toContain("enforcement.levels[0].name");
});
