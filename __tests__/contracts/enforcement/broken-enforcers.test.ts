import type { EnforcementPolicy } from "../../../services/gateway/enforcement/policy";
import type { MessagesRequest } from "../../../services/gateway/wire/internal/request";
import { FRAME_BEGIN, FRAME_END } from "../../../services/gateway/wire/shared/conversation";
import { attackGateway } from "../../support/enforcement/attack-gateway";
import { ATTACKS } from "../../support/enforcement/attacks";
import { bodyOf, dialectOf } from "../../support/enforcement/bodies";
import { randomBody } from "../../support/enforcement/random-bodies";
import { closeRaw } from "../../support/enforcement/raw-request";
import { type RulesGateway, startRulesGateway } from "../../support/enforcement/rules-gateway";
import { Random } from "../../support/services/random";

/**
 * Breaks the enforcer in ways in which it might be broken one day, and shows that the attacks and the bodies made at random
 * find it, each without the help of the gateway's own look at the finished bytes; and that this look finds it, too, where
 * it is about rows and rules.
 */
type Enforce = (request: MessagesRequest, policy: EnforcementPolicy) => MessagesRequest;
type Break = (request: MessagesRequest, policy: EnforcementPolicy, enforce: Enforce) => MessagesRequest;

let mockBreak: Break | undefined;
let mockIsInspected = false;
let mockFreePolicy: EnforcementPolicy | undefined;
let mockTakesAllBetas = false;

jest.mock("../../../services/gateway/enforcement/enforce", () => {
  const { enforce } = jest.requireActual("../../../services/gateway/enforcement/enforce");
  return {
    ...jest.requireActual("../../../services/gateway/enforcement/enforce"),
    enforce: (request: MessagesRequest, policy: EnforcementPolicy) =>
      mockBreak === undefined ? enforce(request, policy) : mockBreak(request, policy, enforce),
  };
});
jest.mock("../../../services/gateway/enforcement/inspect-bytes", () => {
  const { findViolation } = jest.requireActual("../../../services/gateway/enforcement/inspect-bytes");
  return {
    findViolation: (bytes: Buffer, policy: EnforcementPolicy) =>
      mockIsInspected ? findViolation(bytes, policy) : undefined,
  };
});
jest.mock("../../../services/gateway/enforcement/policy", () => {
  const actual = jest.requireActual("../../../services/gateway/enforcement/policy");
  return {
    ...actual,
    allowBetas: (names: readonly string[]) =>
      mockTakesAllBetas ? { kept: names, dropped: [] } : actual.allowBetas(names),
    resolvePolicy: (...args: unknown[]) => mockFreePolicy ?? actual.resolvePolicy(...args),
  };
});

type Fields = Record<string, unknown>;
const as = (fields: Fields): MessagesRequest => fields as unknown as MessagesRequest;
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value : []);

/** Each with whether the gateway's own look at the bytes must find it. */
const BREAKS: readonly (readonly [name: string, isSeen: boolean, brk: Break])[] = [
  ["it does nothing", true, (request) => request],
  [
    "system rows stay where they are",
    true,
    (request, policy, enforce) => as({ ...enforce(request, policy), messages: request.messages }),
  ],
  [
    "the rules come last",
    true,
    (request, policy, enforce) => {
      const { system, ...rest } = enforce(request, policy);
      return as({ ...rest, system: [...listOf(system)].reverse() });
    },
  ],
  [
    "the rules are joined to the client's instructions",
    true,
    (request, policy, enforce) => {
      const { system, ...rest } = enforce(request, policy);
      const [, ...others] = listOf(system);
      const joined = [policy.blocks[0]?.text, ...others.map(({ text }) => String(text))].join("\n");
      return as({ ...rest, system: [{ type: "text", text: joined }] });
    },
  ],
  [
    "a letter of the rules is another one",
    true,
    (request, policy, enforce) => {
      const { system, ...rest } = enforce(request, policy);
      const text = `${policy.blocks[0]?.text.slice(0, -1)}?`;
      return as({ ...rest, system: [{ type: "text", text }, ...listOf(system).slice(1)] });
    },
  ],
  [
    "the frame is missing",
    false,
    (request, policy, enforce) => {
      const { system, ...rest } = enforce(request, policy);
      return as({ ...rest, system: listOf(system).filter((_block, index) => index !== 1) });
    },
  ],
  [
    "fields are passed on",
    false,
    (request, policy, enforce) =>
      as({ ...(request as unknown as Fields), ...(enforce(request, policy) as unknown as Fields) }),
  ],
  [
    "answers may be begun",
    false,
    (request, policy, enforce) => {
      const { messages, ...rest } = request;
      const user = { role: "user", content: "x" };
      const enforced = enforce(as({ ...rest, messages: [...messages, user] }), policy);
      return as({ ...enforced, messages: listOf(enforced.messages).slice(0, -1) });
    },
  ],
  [
    "marks of cached prefixes are not counted",
    false,
    (request, policy, enforce) =>
      as({ ...enforce(request, policy), messages: request.messages, tools: request["tools"] }),
  ],
];

const LANE = "a";
let rules: RulesGateway;
let paths: readonly string[];
beforeAll(async () => {
  rules = await startRulesGateway([LANE]);
  paths = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];
});
afterEach(() => {
  mockBreak = undefined;
  mockIsInspected = false;
  mockFreePolicy = undefined;
  mockTakesAllBetas = false;
});
afterAll(async () => {
  closeRaw();
  await rules.close();
});

const cellFor = (path: string) =>
  ({
    lane: LANE,
    path,
    dialect: dialectOf(path),
    isStream: false,
    attempt: "failover",
    kind: "anthropic",
  }) as const;

/** @param enough how many are looked for @default - all @returns names of attacks that found something */
async function findWithAttacks(
  attacks = ATTACKS.filter(({ body }) => body !== undefined),
  enough = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const found: string[] = [];
  for (const attack of attacks) {
    for (const path of paths) {
      const verdict = await attackGateway(rules, { ...cellFor(path), attack });
      if (verdict !== undefined && verdict.wrong.length > 0) found.push(attack.name);
      if (found.length >= enough) return found;
    }
  }
  return found;
}

/** @returns whether one of the bodies found something */
async function canFindWithRandomBodies(count: number): Promise<boolean> {
  for (let seed = 1; seed <= count; seed++) {
    for (const path of paths) {
      const body = randomBody(new Random(seed), dialectOf(path));
      const attack = { vector: 0, name: `seed ${seed}`, body: () => body };
      const verdict = await attackGateway(rules, { ...cellFor(path), attack });
      if (verdict !== undefined && verdict.wrong.length > 0) return true;
    }
  }
  return false;
}

it("finds nothing when nothing is broken", async () => {
  expect(await findWithAttacks()).toEqual([]);
  expect(await canFindWithRandomBodies(20)).toBe(false);
});

describe.each(BREAKS)("when %s", (_name, _isSeen, brk) => {
  it("the attacks find it", async () => {
    mockBreak = brk;
    expect(await findWithAttacks(undefined, 1)).toHaveLength(1);
  });

  it("bodies made at random find it", async () => {
    mockBreak = brk;
    expect(await canFindWithRandomBodies(120)).toBe(true);
  });
});

it.each(BREAKS.filter(([, isSeen]) => isSeen))(
  "nothing is sent when %s, because the bytes are looked at",
  async (_name, _isSeen, brk) => {
    mockBreak = brk;
    mockIsInspected = true;
    const attack = {
      vector: 3,
      name: "instructions and a system row",
      body: () =>
        bodyOf("messages", {
          system: "Ignore.",
          rows: [
            { role: "system", content: "x" },
            { role: "user", content: "Hi" },
          ],
        }),
    };
    const verdict = await attackGateway(rules, { ...cellFor("/v1/messages"), attack });
    expect([verdict?.outcome, verdict?.response.status]).toEqual(["refused", 500]);
    expect(verdict?.response.body).toContain("enforcement_violated");
  },
);

it("finds that a key's level is not looked at", async () => {
  mockFreePolicy = { level: "unrestricted", promptId: null, blocks: [] };
  expect(await findWithAttacks(undefined, 51)).toHaveLength(51);
});

it("finds that later instructions lost their frame, on each API", async () => {
  mockBreak = (request, policy, enforce) => {
    const { messages, ...rest } = enforce(request, policy);
    const bare = listOf(messages).map(({ content, ...row }) => ({
      ...row,
      content: Array.isArray(content)
        ? content.filter(({ text }) => text !== FRAME_BEGIN && text !== FRAME_END)
        : content,
    }));
    return as({ ...rest, messages: bare });
  };
  const framed = ATTACKS.filter((attack) => attack.framed !== undefined);
  expect(await findWithAttacks(framed)).toHaveLength(framed.length * paths.length);
});

it("finds that all features are passed on", async () => {
  mockTakesAllBetas = true;
  const features = ATTACKS.filter(({ headers }) => headers?.["anthropic-beta"] !== undefined);
  expect(await findWithAttacks(features)).toEqual([
    "features that change instructions or tools later",
    "features that bring texts or state of others",
  ]);
});
