import type { Attack } from "./attacks";
import { bodyOf, type Dialect } from "./bodies";
import { PROVIDER_KINDS, type ProviderKind } from "./capturing-provider";
import { judgeFramed, judgeSent } from "./judge-sent";
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

/** `estimated`: nobody was asked, and the answer says so; only a count can be. */
export type Outcome = "sent" | "estimated" | "refused";

/** What came of a request. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly response: RawResponse;
  /** Empty: the rules held. */
  readonly wrong: readonly string[];
}

/** What must become of a cell. */
export function outcomeOf(cell: Cell): Outcome {
  const { attack, dialect, path } = cell;
  const isCount = isCounting(path);
  // The length of an answer does not matter to a count.
  const isRefused = attack.refused?.includes(dialect) === true && !(isCount && attack.isAboutLength === true);
  if (isRefused) return "refused";
  return isCount && !kindsOf(cell).includes("anthropic") ? "estimated" : "sent";
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
  const { path, level = "standard" } = cell;
  const wrong: string[] = [];
  if (captured.length === 0) {
    const isEstimated = isCounting(path) && response.headers["x-gateway-estimated"] === "true";
    if (isEstimated && response.status === 200) {
      if (kindsOf(cell).includes("anthropic")) wrong.push("estimated, but there is somebody who counts");
      return { outcome: "estimated", response, wrong };
    }
    if (response.status < 400 || response.status > 499)
      wrong.push(`nothing was sent, but ${response.status}`);
    return { outcome: "refused", response, wrong };
  }
  const { kinds, status } = expectedAttempts(cell);
  if (response.status !== status) wrong.push(`sent, but ${response.status}: ${response.body.slice(0, 300)}`);
  if (response.headers["x-gateway-estimated"] !== undefined) wrong.push("sent, but estimated");
  if (captured.map((one) => one.kind).join() !== kinds.join())
    wrong.push(`sent to ${captured.map((one) => one.kind).join()}`);
  for (const one of captured) {
    if (isCounting(one.path) !== isCounting(path)) wrong.push(`sent to ${one.path}`);
    wrong.push(...judgeSent(one, expectedAt(one.kind, level)));
    if (cell.attack.framed !== undefined) wrong.push(...judgeFramed(one, cell.attack.framed));
  }
  return { outcome: "sent", response, wrong };
}

/**
 * Who must have been asked, and what the client gets. Counting goes to the first deployment with Anthropic and nowhere
 * else: where that one is busy, its refusal is passed on.
 */
function expectedAttempts(cell: Cell): { kinds: readonly ProviderKind[]; status: number } {
  const kinds = kindsOf(cell);
  if (!isCounting(cell.path)) return { kinds, status: 200 };
  const isBusy = cell.attempt === "failover" && kinds[0] === "anthropic";
  return { kinds: ["anthropic"], status: isBusy ? 529 : 200 };
}

const isCounting = (path: string) => path.endsWith("/count_tokens");

/** Kinds of the deployments of a cell's model; all but the last are busy. */
function kindsOf({ attempt, kind }: Cell): readonly ProviderKind[] {
  return attempt === "failover" ? [kindBefore(kind), kind] : [kind];
}

const kindBefore = (kind: ProviderKind) =>
  PROVIDER_KINDS[(PROVIDER_KINDS.indexOf(kind) + 1) % PROVIDER_KINDS.length] as ProviderKind;
