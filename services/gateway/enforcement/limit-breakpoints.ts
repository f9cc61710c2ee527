import type { JsonObject, JsonValue } from "../json/json-value";
import type { MessagesRequest } from "../messages/request";
import { isAbsent, isList, isObject } from "../translate/to-messages/read-value";

/** Most marks of cached prefixes that a provider accepts in a request. */
const MAX_BREAKPOINTS = 4;

/**
 * At most 4 marks of cached prefixes, so that a client cannot have its request refused by adding more. Those of the
 * oldest messages go first, then of the first system blocks, then of the first tools. A request that has no more is
 * returned as it is.
 */
export function limitBreakpoints(request: MessagesRequest): MessagesRequest {
  const marked = {
    tools: marksIn(request["tools"]),
    system: marksIn(request.system),
    messages: marksIn(request.messages),
  };
  const own = isAbsent(request["cache_control"]) ? 0 : 1;
  let surplus = own + marked.tools + marked.system + marked.messages - MAX_BREAKPOINTS;
  if (surplus <= 0) return request;
  const limited: Record<string, JsonValue | undefined> = { ...request };
  for (const field of ["messages", "system", "tools"] as const) {
    const dropped = Math.min(surplus, marked[field]);
    surplus -= dropped;
    if (dropped > 0) limited[field] = new MarkDropper(dropped).inList(request[field] as readonly JsonValue[]);
  }
  return limited as JsonObject as MessagesRequest;
}

/** Marks on blocks, tools and what their `content` holds. */
function marksIn(list: JsonValue | undefined): number {
  if (!isList(list)) return 0;
  let marks = 0;
  for (const item of list) {
    if (!isObject(item)) continue;
    if (!isAbsent(item["cache_control"])) marks++;
    marks += marksIn(item["content"]);
  }
  return marks;
}

class MarkDropper {
  #left: number;

  constructor(count: number) {
    this.#left = count;
  }

  /** The list without its first marks, as many as are left to drop. */
  inList(list: readonly JsonValue[]): readonly JsonValue[] {
    return list.map((item) => (this.#left > 0 && isObject(item) ? this.#inItem(item) : item));
  }

  #inItem(item: JsonObject): JsonObject {
    const content = item["content"];
    let kept = isList(content) ? { ...item, content: this.inList(content) } : item;
    if (this.#left > 0 && !isAbsent(item["cache_control"])) {
      this.#left--;
      kept = { ...kept, cache_control: undefined };
    }
    return kept;
  }
}
