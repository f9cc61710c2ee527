import { z } from "zod";
import { callJson, type JsonAnswer, type JsonCall, NoAnswerError } from "./call-json";
import { ProvisionerError, unavailable } from "./errors";

/** Of the log source that shows outcomes at an agent; the same for all, so that it is made once for each agent. */
const LOG_SOURCE = {
  id: "6f1f7f0e-5d3c-4f0b-9a51-0c8f4b3c2a10",
  display_name: "AI key",
  icon: "/icon/widgets.svg",
};

const identity = z.object({ workspace_agent_id: z.string() });
const workspaceShape = z.object({
  id: z.string(),
  name: z.string(),
  owner_id: z.string(),
  owner_name: z.string(),
  template_name: z.string(),
  latest_build: z.object({
    id: z.string(),
    transition: z.string(),
    resources: z
      .array(z.object({ agents: z.array(z.object({ id: z.string() })).nullish() }))
      .nullish()
      .transform((resources) => resources ?? []),
  }),
});
const parameters = z.array(z.object({ name: z.string(), value: z.string() }));
const userShape = z.object({ id: z.string(), username: z.string(), status: z.string().optional() });
const workspacePage = z.object({ workspaces: z.array(z.object({ id: z.string() })), count: z.number() });
const userPage = z.object({ users: z.array(userShape), count: z.number() });

/** A workspace as Coder knows it. */
export type CoderWorkspace = z.output<typeof workspaceShape>;
/** A user as Coder knows it. */
export type CoderUser = z.output<typeof userShape>;
/** Whether something is there. `hidden`: Coder says 404, which it also says of what the token may not see. */
export type Presence = "there" | "gone" | "hidden";

/** Entries of one page of workspaces or users. */
const PAGE = 100;
/** Pages of one list at most. */
const MAX_PAGES = 1000;

/** Where the token is that the key-provisioner reads workspaces with. */
export interface ReaderToken {
  /** @returns `undefined` until the bootstrap has handed it over */
  read(): Promise<string | undefined>;
  /** What is in memory may be out of date. */
  forget(): void;
}

/** What the key-provisioner asks of Coder. Tokens of callers are used to learn who they are, and for nothing else. */
export class Coder {
  readonly #url: string;
  readonly #readerToken: ReaderToken;

  constructor(url: string, readerToken: ReaderToken) {
    this.#url = url;
    this.#readerToken = readerToken;
  }

  /** Which agent holds this token; Coder takes it for the newest build alone, and while that is started. @returns `undefined`: none does */
  async agentOf(agentToken: string): Promise<string | undefined> {
    const answer = await this.#ask("/workspaceagents/me/log-source", agentToken, {
      method: "POST",
      body: LOG_SOURCE,
    });
    return isRefused(answer) ? undefined : read(identity, answer, [200, 201]).workspace_agent_id;
  }

  /** Shows a line where the user looks at the start of a workspace. */
  async logToAgent(agentToken: string, level: "info" | "error", output: string): Promise<void> {
    await this.#ask("/workspaceagents/me/logs", agentToken, {
      method: "PATCH",
      body: {
        log_source_id: LOG_SOURCE.id,
        logs: [{ created_at: new Date().toISOString(), level, output }],
      },
      timeoutMs: 2000,
    });
  }

  /** @returns `undefined`: none that is there and that the reader token sees */
  async workspace(id: string): Promise<CoderWorkspace | undefined> {
    const answer = await this.#read(`/workspaces/${id}`);
    return answer.status === 404 || answer.status === 410 ? undefined : read(workspaceShape, answer);
  }

  /** Parameters of a build, by name. */
  async buildParameters(buildId: string): Promise<Readonly<Record<string, string>>> {
    const list = read(parameters, await this.#read(`/workspacebuilds/${buildId}/parameters`));
    return Object.fromEntries(list.map(({ name, value }) => [name, value]));
  }

  /** Whose session or API token this is. @returns `undefined`: nobody's, or somebody's who is suspended */
  async userOf(sessionToken: string): Promise<CoderUser | undefined> {
    const answer = await this.#ask("/users/me", sessionToken);
    if (isRefused(answer)) return undefined;
    const user = read(userShape, answer);
    return user.status === "suspended" ? undefined : user;
  }

  /** @throws ProvisionerError 400 for a token that does not read workspaces */
  async checkReaderToken(token: string): Promise<void> {
    const answer = await this.#ask("/workspaces?limit=1", token);
    if (isRefused(answer) || answer.status === 404)
      throw new ProvisionerError(400, "token_refused", "Coder does not let this token read workspaces.");
    read(workspacePage, answer);
  }

  /** Ids of all workspaces that are not deleted. */
  async workspaceIds(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { workspaces } = read(
        workspacePage,
        await this.#read(`/workspaces?limit=${PAGE}&offset=${page * PAGE}`),
      );
      for (const { id } of workspaces) ids.add(id);
      if (workspaces.length < PAGE) return ids;
    }
    throw unavailable("coder_too_large", `Coder has more than ${MAX_PAGES * PAGE} workspaces.`);
  }

  async workspacePresence(id: string): Promise<Presence> {
    return presenceOf(await this.#read(`/workspaces/${encodeURIComponent(id)}`));
  }

  /** All users. @returns `undefined` when the reader token may not read users */
  async users(): Promise<ReadonlyMap<string, CoderUser> | undefined> {
    const users = new Map<string, CoderUser>();
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.#ask(`/users?limit=${PAGE}&offset=${page * PAGE}`, await this.#ownToken());
      if (isRefused(answer) || answer.status === 404) return undefined;
      const { users: found } = read(userPage, answer);
      for (const user of found) users.set(user.id, user);
      if (found.length < PAGE) return users;
    }
    throw unavailable("coder_too_large", `Coder has more than ${MAX_PAGES * PAGE} users.`);
  }

  /** Whether Coder answers and takes the reader token. */
  async state(): Promise<"connected" | "unreachable" | "token_missing" | "token_refused" | "unknown"> {
    let token: string | undefined;
    try {
      token = await this.#readerToken.read();
    } catch {
      // It is in the database, which is away.
      return "unknown";
    }
    if (token === undefined) return "token_missing";
    try {
      const answer = await this.#ask("/workspaces?limit=1", token, { timeoutMs: 2000 });
      if (isRefused(answer)) this.#readerToken.forget();
      return answer.status === 200 ? "connected" : isRefused(answer) ? "token_refused" : "unreachable";
    } catch {
      return "unreachable";
    }
  }

  async #ownToken(): Promise<string> {
    const token = await this.#readerToken.read();
    if (token !== undefined) return token;
    throw unavailable(
      "coder_token_missing",
      "The key-provisioner has no token for Coder yet. An administrator runs: npm run sluice -- coder bootstrap",
    );
  }

  async #read(path: string): Promise<JsonAnswer> {
    const token = await this.#ownToken();
    let answer = await this.#ask(path, token);
    if (isRefused(answer)) {
      // Another process may have been handed the next one.
      this.#readerToken.forget();
      const next = await this.#ownToken();
      if (next !== token) answer = await this.#ask(path, next);
    }
    if (!isRefused(answer)) return answer;
    throw unavailable(
      "coder_token_refused",
      "Coder does not take the key-provisioner's token any more. An administrator runs: npm run sluice -- coder bootstrap",
    );
  }

  async #ask(path: string, token: string, call: JsonCall = {}): Promise<JsonAnswer> {
    let answer: JsonAnswer;
    try {
      answer = await callJson(`${this.#url}/api/v2${path}`, {
        ...call,
        headers: { "coder-session-token": token, accept: "application/json" },
      });
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      throw unavailable("coder_unreachable", `Coder gives no answer (${error.message}).`, error);
    }
    if (answer.status >= 500 || answer.status === 429)
      throw unavailable("coder_unavailable", `Coder cannot answer at present (HTTP ${answer.status}).`);
    return answer;
  }
}

const isRefused = ({ status }: JsonAnswer): boolean => status === 401 || status === 403;

function presenceOf({ status }: JsonAnswer): Presence {
  if (status === 410) return "gone";
  return status === 404 ? "hidden" : "there";
}

/** @throws ProvisionerError 503: whoever does not speak as Coder does proves nothing */
function read<Shape>(shape: z.ZodType<Shape>, { status, body }: JsonAnswer, statuses = [200]): Shape {
  const result = statuses.includes(status) ? shape.safeParse(body) : undefined;
  if (result?.success === true) return result.data;
  throw unavailable("coder_not_understood", `Coder gives an answer that is not understood (HTTP ${status}).`);
}
