import { z } from "zod";
import { reasonOf } from "../reason-of";
import { UserError } from "../terminal/user-error";

/** Longest wait for an answer, in milliseconds. */
const TIMEOUT_MS = 15_000;
/** Longest answer that is read, in characters. */
const MAX_ANSWER = 4 * 1024 * 1024;

const User = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  login_type: z.string(),
  status: z.string(),
  roles: z.array(z.object({ name: z.string() })).default([]),
  organization_ids: z.array(z.string()).default([]),
});
/** A user of Coder. */
export type CoderUser = z.infer<typeof User>;

const Token = z.object({ id: z.string(), token_name: z.string() });
/** What Coder tells of a token; never the token itself. */
export type CoderToken = z.infer<typeof Token>;

const Workspace = z.object({
  id: z.string(),
  name: z.string(),
  owner_name: z.string(),
  template_name: z.string(),
  latest_build: z.object({ transition: z.string(), status: z.string() }),
});
/** A workspace of Coder. */
export type CoderWorkspace = z.infer<typeof Workspace>;

const Fault = z.object({
  message: z.string().default(""),
  detail: z.string().default(""),
  validations: z
    .array(z.object({ field: z.string(), detail: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
});

/** Coder did not answer, or not as it should; with the status of the answer where there was one. */
export class CoderError extends UserError {
  constructor(
    problem: string,
    remedy: string | undefined,
    /** HTTP status; undefined when no answer came. */
    readonly status?: number,
  ) {
    super(problem, remedy);
  }
}

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: object;
}

/** Coder's REST API, as far as a platform is set up through it. Every call has a deadline; no error repeats what was sent. */
export class CoderClient {
  constructor(
    /** Without a slash at the end. */
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** The same Coder, for somebody else. */
  as(token: string): CoderClient {
    return new CoderClient(this.url, token);
  }

  /** Its version, such as `v2.34.1+3ab1c2d`. */
  async version(): Promise<string> {
    const call = { method: "GET", path: "/buildinfo" } as const;
    return (await this.read(call, z.object({ version: z.string() }))).version;
  }

  /** Whether the first user, who owns everything, exists. */
  async hasFirstUser(): Promise<boolean> {
    const { status } = await this.call({ method: "GET", path: "/users/first" }, [200, 404]);
    return status === 200;
  }

  /** @returns false when somebody else was first */
  async createFirstUser(user: {
    readonly email: string;
    readonly username: string;
    readonly name: string;
    readonly password: string;
  }): Promise<boolean> {
    const body = { ...user, trial: false };
    const { status } = await this.call({ method: "POST", path: "/users/first", body }, [201, 409]);
    return status === 201;
  }

  /** @returns the session's token; undefined when Coder does not know this pair */
  async login(email: string, password: string): Promise<string | undefined> {
    const body = { email, password };
    const { status, text } = await this.call({ method: "POST", path: "/users/login", body }, [201, 401]);
    return status === 401
      ? undefined
      : this.parse(text, z.object({ session_token: z.string() })).session_token;
  }

  /** Ends the session of this token. */
  async logout(): Promise<void> {
    await this.call({ method: "POST", path: "/users/logout", body: {} }, [200]);
  }

  /** Who the token belongs to; undefined when it is not valid. */
  async me(): Promise<CoderUser | undefined> {
    const { status, text } = await this.call({ method: "GET", path: "/users/me" }, [200, 401, 403]);
    return status === 200 ? this.parse(text, User) : undefined;
  }

  /** Whether the token may read workspaces and templates. */
  async mayRead(): Promise<boolean> {
    for (const path of ["/workspaces?limit=1", "/templates"]) {
      const { status } = await this.call({ method: "GET", path }, [200, 401, 403, 404]);
      if (status !== 200) return false;
    }
    return true;
  }

  /** @returns undefined when there is no such user */
  async user(username: string): Promise<CoderUser | undefined> {
    // One that Coder does not know is a wrong request to it, not something that was not found.
    const { status, text } = await this.call({ method: "GET", path: `/users/${username}` }, [200, 400, 404]);
    return status === 200 ? this.parse(text, User) : undefined;
  }

  /** Makes a user that nobody can log in as. */
  createBot(bot: {
    readonly email: string;
    readonly username: string;
    readonly name: string;
    readonly organization: string;
  }): Promise<CoderUser> {
    const { organization, ...user } = bot;
    const body = { ...user, login_type: "none", organization_ids: [organization], user_status: "active" };
    return this.read({ method: "POST", path: "/users", body }, User);
  }

  /** Ends a suspension. */
  async activate({ id }: CoderUser): Promise<void> {
    await this.call({ method: "PUT", path: `/users/${id}/status/activate`, body: {} }, [200]);
  }

  /** Gives a user exactly these roles of the deployment. */
  async setRoles({ id }: CoderUser, roles: readonly string[]): Promise<void> {
    await this.call({ method: "PUT", path: `/users/${id}/roles`, body: { roles } }, [200]);
  }

  async tokens({ id }: Pick<CoderUser, "id">): Promise<CoderToken[]> {
    const call = { method: "GET", path: `/users/${id}/keys/tokens` } as const;
    return (await this.read(call, z.array(Token).nullable())) ?? [];
  }

  /** @param scopes what it may; everything that its user may when left out */
  async createToken(
    { id }: CoderUser,
    token: { readonly name: string; readonly lifetimeMs: number; readonly scopes?: readonly string[] },
  ): Promise<string> {
    const { name, lifetimeMs, scopes } = token;
    // Coder counts nanoseconds; ten years of them are more digits than a number holds, and end in zeros all the same.
    const body = { token_name: name, lifetime: lifetimeMs * 1_000_000, ...(scopes && { scopes }) };
    const call = { method: "POST", path: `/users/${id}/keys/tokens`, body } as const;
    return (await this.read(call, z.object({ key: z.string() }))).key;
  }

  /** One that is gone already is fine. */
  async deleteToken({ id }: CoderUser, token: CoderToken): Promise<void> {
    await this.call({ method: "DELETE", path: `/users/${id}/keys/${token.id}` }, [204, 404]);
  }

  /** All workspaces that the token may see. */
  async workspaces(): Promise<CoderWorkspace[]> {
    const found: CoderWorkspace[] = [];
    for (;;) {
      const path = `/workspaces?limit=100&offset=${found.length}`;
      const Page = z.object({ workspaces: z.array(Workspace) });
      const { workspaces } = await this.read({ method: "GET", path }, Page);
      found.push(...workspaces);
      if (workspaces.length < 100) return found;
    }
  }

  /** @returns undefined when it is gone */
  async workspace(id: string): Promise<CoderWorkspace | undefined> {
    const { status, text } = await this.call({ method: "GET", path: `/workspaces/${id}` }, [200, 404, 410]);
    return status === 200 ? this.parse(text, Workspace) : undefined;
  }

  /**
   * Begins the deletion of a workspace with all that belongs to it.
   * @returns false while another build of it is under way
   */
  async deleteWorkspace(id: string): Promise<boolean> {
    const body = { transition: "delete" };
    const call = { method: "POST", path: `/workspaces/${id}/builds`, body } as const;
    const { status } = await this.call(call, [200, 201, 409]);
    return status !== 409;
  }

  private async read<T>(call: Call, shape: z.ZodType<T>): Promise<T> {
    const { text } = await this.call(call, [200, 201]);
    return this.parse(text, shape);
  }

  private parse<T>(text: string, shape: z.ZodType<T>): T {
    try {
      return shape.parse(JSON.parse(text));
    } catch {
      throw new CoderError(`${this.url} answers otherwise than Coder does`, NOT_CODER);
    }
  }

  /** @throws CoderError when no answer comes, or one with a status that is not expected */
  private async call(
    { method, path, body }: Call,
    expected: readonly number[],
  ): Promise<{ readonly status: number; readonly text: string }> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (this.token !== undefined) headers["coder-session-token"] = this.token;
    if (body !== undefined) headers["content-type"] = "application/json";
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${this.url}/api/v2${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        // It would carry the token elsewhere.
        redirect: "error",
      });
      status = response.status;
      text = await readText(response);
    } catch (cause) {
      const isLate = (cause as Error).name === "TimeoutError";
      throw new CoderError(
        `Coder gives no answer at ${this.url} (${isLate ? `none within ${TIMEOUT_MS / 1000} s` : reasonOf(cause)})`,
        "see whether it runs: npm run status, npm run sluice -- logs coder",
      );
    }
    if (expected.includes(status)) return { status, text };
    throw new CoderError(
      `Coder answers ${status} to ${method} ${path.replace(/\?.*/, "")}${saidIn(text)}`,
      status === 401 || status === 403 ? "set it up again: npm run sluice -- coder bootstrap" : undefined,
      status,
    );
  }
}

const NOT_CODER =
  "see what listens there: ports.coderHttp in platform.yaml must be the port of this platform's Coder";

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER) throw new Error(`its answer is longer than ${MAX_ANSWER} characters`);
  }
  return text + decoder.decode();
}

/** Coder's own words, shortened. */
function saidIn(text: string): string {
  let said: z.infer<typeof Fault>;
  try {
    said = Fault.parse(JSON.parse(text));
  } catch {
    return "";
  }
  const parts = [
    said.message,
    said.detail,
    ...said.validations.map(({ field, detail }) => `${field}: ${detail}`),
  ];
  const all = parts.filter(Boolean).join("; ");
  return all === "" ? "" : `: ${all.slice(0, 500)}`;
}
