import type { Attack } from "./attacks";
import { bodyOf, type Dialect } from "./bodies";
import { PROVIDER_KINDS, type ProviderKind } from "./capturing-provider";
import { judgeSent } from "./judge-sent";
import { type RawResponse, sendRaw } from "./raw-request";
import { type Attempt, expectedAt, keyOf, modelOf, type RulesGateway } from "./rules-gateway";

/** One request of the matrix. */
export interface Cell {
  readonly lane: string;
  readonly path: string;
  readonly dialect: Dialect;
  readonly attack: Attack;
  readonly isStream: boolean;
  readonly attempt: Attempt;
  readonly kind: ProviderKind;
  /** @default "standard" */
  readonly key?: string;
  /** Whose rules must be sent. @default "standard" */
  readonly level?: string;
}

/** What came of a request. */
export interface Verdict {
  readonly outcome: "sent" | "refused";
  readonly response: RawResponse;
  /** Empty: the rules held. */
  readonly wrong: readonly string[];
}

/** @returns `undefined` where the API cannot say such a thing */
export async function attackGateway(
  { url, provider }: RulesGateway,
  cell: Cell,
): Promise<Verdict | undefined> {
  const { lane, path, dialect, attack, isStream, attempt, kind, key = "standard" } = cell;
  const { body: bodyFor = (of: Dialect) => bodyOf(of, {}) } = attack;
  const said = bodyFor(dialect);
  const asked = attack.path === undefined ? path : attack.path(path);
  if (said === undefined || asked === undefined) return undefined;
  const json = JSON.stringify({ model: modelOf(lane, kind, attempt), stream: isStream, ...said });
  const response = await sendRaw(url, {
    method: "POST",
    path: asked,
    headers: {
      authorization: `Bearer ${keyOf(key)}`,
      "content-type": "application/json",
      ...attack.headers,
    },
    body: attack.bytes?.(json) ?? json,
  });
  return judge(cell, response, provider.take(lane));
}

function judge(
  cell: Cell,
  response: RawResponse,
  captured: readonly Parameters<typeof judgeSent>[0][],
): Verdict {
  const { attempt, kind, level = "standard" } = cell;
  const wrong: string[] = [];
  const outcome = captured.length > 0 ? "sent" : "refused";
  if (outcome === "refused") {
    if (response.status < 400 || response.status > 499)
      wrong.push(`nothing was sent, but ${response.status}`);
    return { outcome, response, wrong };
  }
  if (response.status !== 200) wrong.push(`sent, but ${response.status}: ${response.body.slice(0, 300)}`);
  const kinds = attempt === "failover" ? [kindBefore(kind), kind] : [kind];
  if (captured.map((one) => one.kind).join() !== kinds.join())
    wrong.push(`sent to ${captured.map((one) => one.kind).join()}`);
  for (const one of captured) wrong.push(...judgeSent(one, expectedAt(one.kind, level)));
  return { outcome, response, wrong };
}

const kindBefore = (kind: ProviderKind) =>
  PROVIDER_KINDS[(PROVIDER_KINDS.indexOf(kind) + 1) % PROVIDER_KINDS.length] as ProviderKind;
