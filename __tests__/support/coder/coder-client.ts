/** A job of Coder's provisioner: the import of a template version, or a build of a workspace. */
export interface Job {
  readonly status: "pending" | "running" | "canceling" | "succeeded" | "failed" | "canceled";
  readonly error?: string;
}

export interface CoderUser {
  readonly id: string;
  readonly username: string;
  readonly organization_ids: readonly string[];
  readonly roles: readonly { readonly name: string }[];
}

export interface CoderTemplate {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly active_version_id: string;
}

export interface TemplateVersion {
  readonly id: string;
  readonly name: string;
  readonly job: Job;
}

/** One field of the form in which people create a workspace. */
export interface FormParameter {
  readonly name: string;
  readonly form_type: string;
  readonly options: readonly { readonly name: string; readonly value: { readonly value: string } }[];
  readonly value: { readonly value: string; readonly valid: boolean };
  readonly diagnostics: readonly { readonly summary: string; readonly detail: string }[];
}

export interface Form {
  readonly diagnostics: readonly { readonly summary: string; readonly detail: string }[];
  readonly parameters: readonly FormParameter[];
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly status: "connecting" | "connected" | "disconnected" | "timeout";
  readonly lifecycle_state: string;
  readonly version: string;
  readonly apps: readonly { readonly slug: string; readonly health: string }[];
}

export interface Build {
  readonly id: string;
  readonly build_number: number;
  readonly transition: "start" | "stop" | "delete";
  readonly template_version_id: string;
  readonly job: Job;
  readonly resources: readonly { readonly type: string; readonly agents?: readonly Agent[] }[];
}

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly owner_name: string;
  readonly template_id: string;
  readonly outdated: boolean;
  readonly latest_build: Build;
}

/** An answer of Coder's that is no success. */
export class CoderError extends Error {
  constructor(
    call: string,
    readonly status: number,
    readonly body: string,
  ) {
    super(`${call}: ${status} ${body}`);
  }
}

/** How long an agent or an app may take, and a call. */
const PATIENCE_SECONDS = 120;
const CALL_MS = 30_000;
/** States of an agent that do not change any more by themselves. */
const SETTLED = ["ready", "start_error", "start_timeout"];

/** Coder's REST API, as far as tests use it. Every method throws a `CoderError` for an answer that is no success. */
export class CoderClient {
  /** @param url without a path, such as http://127.0.0.1:7080 */
  constructor(
    readonly url: string,
    readonly token = "",
  ) {}

  /** A client that acts as a person. */
  static async signIn(url: string, email: string, password: string): Promise<CoderClient> {
    const answer = await new CoderClient(url).call<{ session_token: string }>("POST", "/users/login", {
      email,
      password,
    });
    return new CoderClient(url, answer.session_token);
  }

  /** Sets a new deployment up; 409 where that has been done. The first user's name is `admin`. */
  async createFirstUser(email: string, password: string): Promise<void> {
    await this.call("POST", "/users/first", {
      email,
      username: "admin",
      name: "Admin",
      password,
      trial: false,
    });
  }

  async user(name = "me"): Promise<CoderUser> {
    return await this.call("GET", `/users/${name}`);
  }

  /** An ordinary user, of the caller's organization, who signs in with `<username>@example.test` and the password. */
  async createUser(username: string, password: string): Promise<CoderUser> {
    return await this.call("POST", "/users", {
      email: `${username}@example.test`,
      username,
      name: username,
      password,
      login_type: "password",
      user_status: "active",
      organization_ids: (await this.user()).organization_ids,
    });
  }

  /** A token of a user's. @param scopes such as `workspace:read`; by default it can do all that the user can */
  async createToken(
    username: string,
    name: string,
    lifetimeHours: number,
    scopes?: readonly string[],
  ): Promise<string> {
    const lifetime = lifetimeHours * 3_600_000_000_000;
    const body = { token_name: name, lifetime, ...(scopes && { scopes }) };
    return (await this.call<{ key: string }>("POST", `/users/${username}/keys/tokens`, body)).key;
  }

  async template(name: string): Promise<CoderTemplate> {
    const [organization] = (await this.user()).organization_ids;
    return await this.call("GET", `/organizations/${organization}/templates/${name}`);
  }

  /** All versions of a template, those that were refused among them. */
  async templateVersions(templateId: string): Promise<TemplateVersion[]> {
    return await this.call("GET", `/templates/${templateId}/versions`);
  }

  /** What the form for a new workspace shows its owner after these inputs. */
  async form(versionId: string, inputs: Readonly<Record<string, string>> = {}): Promise<Form> {
    const owner = await this.user();
    return await this.call("POST", `/templateversions/${versionId}/dynamic-parameters/evaluate`, {
      id: 1,
      inputs,
      // Without it the answer is 200 and empty.
      owner_id: owner.id,
    });
  }

  /** Asks for a workspace of the caller's. Its build runs on: see `built`. @param parameters values by name */
  async createWorkspace(
    name: string,
    templateId: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<Workspace> {
    return await this.call("POST", "/users/me/workspaces", {
      name,
      template_id: templateId,
      rich_parameter_values: asList(parameters),
    });
  }

  async workspace(id: string): Promise<Workspace> {
    return await this.call("GET", `/workspaces/${id}`);
  }

  /** Asks for another build. @param parameters values that change, by name */
  async build(
    workspaceId: string,
    transition: Build["transition"],
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<Build> {
    return await this.call("POST", `/workspaces/${workspaceId}/builds`, {
      transition,
      rich_parameter_values: asList(parameters),
    });
  }

  /** Values of the parameters of a build, by name. */
  async buildParameters(buildId: string): Promise<Record<string, string>> {
    const values = await this.call<{ name: string; value: string }[]>(
      "GET",
      `/workspacebuilds/${buildId}/parameters`,
    );
    return Object.fromEntries(values.map(({ name, value }) => [name, value]));
  }

  /** What Terraform printed in a build. */
  async buildLog(buildId: string): Promise<string> {
    return outputOf(await this.call("GET", `/workspacebuilds/${buildId}/logs`));
  }

  /** What an agent's scripts printed, with what others wrote into its log. */
  async agentLog(agentId: string): Promise<string> {
    return outputOf(await this.call("GET", `/workspaceagents/${agentId}/logs`));
  }

  /** Waits for the newest build to end. @throws Error with its log when it fails */
  async built(workspaceId: string): Promise<Workspace> {
    const workspace = await this.until(
      `a build of ${workspaceId}`,
      async () => await this.workspace(workspaceId),
      ({ latest_build: { job } }) => !["pending", "running", "canceling"].includes(job.status),
    );
    const { id, transition, job } = workspace.latest_build;
    if (job.status === "succeeded") return workspace;
    throw new Error(
      `${transition} of ${workspace.name}: ${job.status} ${job.error}\n${await this.buildLog(id)}`,
    );
  }

  /** Waits until a workspace is built and its agent has run the start-up scripts. @throws Error with their log when they fail */
  async ready(workspaceId: string): Promise<Agent> {
    await this.built(workspaceId);
    const agent = await this.until(
      `the agent of ${workspaceId}`,
      async () => await this.agent(workspaceId),
      ({ lifecycle_state }) => SETTLED.includes(lifecycle_state),
    );
    if (agent.lifecycle_state === "ready") return agent;
    throw new Error(`agent: ${agent.lifecycle_state}\n${await this.agentLog(agent.id)}`);
  }

  /** Waits until an app of a workspace is healthy. */
  async healthy(workspaceId: string, slug: string): Promise<void> {
    await this.until(
      `${slug} of ${workspaceId}`,
      async () => await this.agent(workspaceId),
      ({ apps }) => apps.some((app) => app.slug === slug && app.health === "healthy"),
    );
  }

  /** Deletes a workspace, and waits until it is gone. */
  async remove(workspaceId: string): Promise<void> {
    await this.build(workspaceId, "delete");
    try {
      await this.built(workspaceId);
    } catch (error) {
      if (!(error instanceof CoderError) || error.status !== 410) throw error;
    }
  }

  /** Any other call. @param path below /api/v2 */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/v2${path}`, {
      method,
      headers: { "Coder-Session-Token": this.token, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(CALL_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new CoderError(`${method} ${path}`, response.status, text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  private async agent(workspaceId: string): Promise<Agent> {
    const { resources } = (await this.workspace(workspaceId)).latest_build;
    const [agent] = resources.flatMap(({ agents = [] }) => agents);
    if (agent === undefined) throw new Error(`workspace ${workspaceId} has no agent`);
    return agent;
  }

  private async until<T>(what: string, read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000;
    for (;;) {
      const value = await read();
      if (isDone(value)) return value;
      if (Date.now() > deadline)
        throw new Error(`${what}: not done after ${PATIENCE_SECONDS} s: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function asList(parameters: Readonly<Record<string, string>>) {
  return Object.entries(parameters).map(([name, value]) => ({ name, value }));
}

function outputOf(lines: readonly { readonly output: string }[]): string {
  return lines.map(({ output }) => output).join("\n");
}
