import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";

/** A workspace of the fake. */
export interface FakeWorkspace {
  readonly id: string;
  readonly ownerId: string;
  name: string;
  templateName: string;
  transition: "start" | "stop" | "delete";
  buildId: string;
  agentId: string;
  agentToken: string;
  parameters: Record<string, string>;
}

interface FakeUser {
  readonly id: string;
  username: string;
  status: "active" | "suspended";
  sessionToken: string;
}

/**
 * As much of Coder's API as the key-provisioner asks for, in this process, with the answers that were seen of Coder 2.30: which token is taken
 * where, 404 for what a token may not see, 410 for what is deleted. It proves nothing about Coder itself: `__tests__/acceptance` asks a real one.
 */
export class FakeCoder {
  readerToken = "reader-token-of-the-provisioner";
  readonly workspaces: FakeWorkspace[] = [];
  readonly users: FakeUser[] = [];
  /** Lines that agents were shown. */
  readonly agentLogs: { readonly agentId: string; readonly level: string; readonly output: string }[] = [];
  /** Ids of deleted workspaces. */
  readonly deleted = new Set<string>();
  /** What every call is answered with. @default - it works */
  outage: number | undefined;
  /** Whether the reader token may read users. */
  mayReadUsers = false;
  /** Whether the reader token sees workspaces of others. */
  mayReadWorkspaces = true;
  #app: FastifyInstance | undefined;
  url = "";

  static async start(): Promise<FakeCoder> {
    const coder = new FakeCoder();
    await coder.listen();
    return coder;
  }

  async listen(): Promise<void> {
    const app = Fastify({ forceCloseConnections: true });
    this.#app = app;
    this.#routes(app);
    await app.listen({ host: "127.0.0.1", port: this.url === "" ? 0 : Number(new URL(this.url).port) });
    this.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await this.#app?.close();
  }

  addUser(username: string): FakeUser {
    const user: FakeUser = {
      id: randomUUID(),
      username,
      status: "active",
      sessionToken: `session-${randomUUID()}`,
    };
    this.users.push(user);
    return user;
  }

  addWorkspace(owner: FakeUser, parameters: Record<string, string> = {}): FakeWorkspace {
    const workspace: FakeWorkspace = {
      id: randomUUID(),
      ownerId: owner.id,
      name: "dev",
      templateName: "ai-workspace",
      transition: "start",
      parameters,
      ...newBuild(),
    };
    this.workspaces.push(workspace);
    return workspace;
  }

  /** Another build: with another agent and another token, as Coder makes them. */
  build(workspace: FakeWorkspace, transition: "start" | "stop", parameters = workspace.parameters): void {
    Object.assign(workspace, newBuild(), { transition, parameters });
  }

  delete(workspace: FakeWorkspace): void {
    this.workspaces.splice(this.workspaces.indexOf(workspace), 1);
    this.deleted.add(workspace.id);
  }

  #routes(app: FastifyInstance): void {
    app.addHook("onRequest", async (_request, reply) => {
      if (this.outage !== undefined) return reply.code(this.outage).send({ message: "outage" });
    });
    const tokenOf = (headers: Record<string, unknown>) => String(headers["coder-session-token"] ?? "");
    const refused = (reply: FastifyReply) => reply.code(401).send({ message: "You are signed out" });
    const agentOf = (headers: Record<string, unknown>) =>
      this.workspaces.find((one) => one.transition === "start" && one.agentToken === tokenOf(headers));
    const isReader = (headers: Record<string, unknown>) => tokenOf(headers) === this.readerToken;
    const hidden = (reply: FastifyReply) =>
      reply.code(404).send({ message: "Resource not found or you do not have access" });

    app.post("/api/v2/workspaceagents/me/log-source", async ({ headers, body }, reply) => {
      const workspace = agentOf(headers);
      if (workspace === undefined) return refused(reply);
      return reply.code(201).send({ ...(body as object), workspace_agent_id: workspace.agentId });
    });
    app.patch("/api/v2/workspaceagents/me/logs", async ({ headers, body }, reply) => {
      const workspace = agentOf(headers);
      if (workspace === undefined) return refused(reply);
      for (const { level, output } of (body as { logs: { level: string; output: string }[] }).logs)
        this.agentLogs.push({ agentId: workspace.agentId, level, output });
      return {};
    });
    app.get("/api/v2/workspaces", async ({ headers, query }, reply) => {
      if (!isReader(headers)) return refused(reply);
      const { limit, offset } = paging(query);
      const all = this.mayReadWorkspaces ? this.workspaces : [];
      return {
        workspaces: all.slice(offset, offset + limit).map((one) => this.#describe(one)),
        count: all.length,
      };
    });
    app.get<{ Params: { id: string } }>("/api/v2/workspaces/:id", async ({ headers, params }, reply) => {
      if (!isReader(headers)) return refused(reply);
      if (!this.mayReadWorkspaces) return hidden(reply);
      if (this.deleted.has(params.id)) return reply.code(410).send({ message: "Workspace has been deleted" });
      const workspace = this.workspaces.find(({ id }) => id === params.id);
      return workspace === undefined ? hidden(reply) : this.#describe(workspace);
    });
    app.get<{ Params: { id: string } }>(
      "/api/v2/workspacebuilds/:id/parameters",
      async ({ headers, params }, reply) => {
        if (!isReader(headers)) return refused(reply);
        const workspace = this.workspaces.find(({ buildId }) => buildId === params.id);
        if (workspace === undefined) return hidden(reply);
        return Object.entries(workspace.parameters).map(([name, value]) => ({ name, value }));
      },
    );
    app.get("/api/v2/users/me", async ({ headers }, reply) => {
      const user = this.users.find(({ sessionToken }) => sessionToken === tokenOf(headers));
      return user === undefined
        ? refused(reply)
        : { id: user.id, username: user.username, status: user.status };
    });
    app.get("/api/v2/users", async ({ headers, query }, reply) => {
      if (!isReader(headers)) return refused(reply);
      if (!this.mayReadUsers) return reply.code(403).send({ message: "Forbidden" });
      const { limit, offset } = paging(query);
      const users = this.users.map(({ id, username, status }) => ({ id, username, status }));
      return { users: users.slice(offset, offset + limit), count: users.length };
    });
  }

  #describe(workspace: FakeWorkspace) {
    const { id, name, ownerId, templateName, transition, buildId, agentId } = workspace;
    return {
      id,
      name,
      owner_id: ownerId,
      owner_name: this.users.find((user) => user.id === ownerId)?.username ?? "",
      template_name: templateName,
      latest_build: {
        id: buildId,
        transition,
        resources: [{ type: "docker_container", agents: [{ id: agentId }] }, { type: "docker_volume" }],
      },
    };
  }
}

function newBuild() {
  return { buildId: randomUUID(), agentId: randomUUID(), agentToken: `agent-${randomUUID()}` };
}

function paging(query: unknown) {
  const { limit = "0", offset = "0" } = query as { limit?: string; offset?: string };
  return { limit: Number(limit) || 1000, offset: Number(offset) };
}
