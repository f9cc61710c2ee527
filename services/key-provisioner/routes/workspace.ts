import type { FastifyBaseLogger, FastifyPluginAsync } from "fastify";
import { z } from "zod";
import type { Coder } from "../coder";
import { describeKey, levelOf, summarizeKey } from "../describe-key";
import { ProvisionerError } from "../errors";
import type { IssuedKeyAnswer, KeyIssuer } from "../issue-key";
import { workspacePurpose } from "../key-purpose";
import { type ProvenWorkspace, proveWorkspace } from "../prove-workspace";
import type { RateLimit } from "../rate-limit";
import type { Settings } from "../settings";
import { NO_CODER } from "./no-coder";

/** What the route needs. */
interface WorkspaceOptions {
  /** `undefined`: the platform has none. */
  readonly coder: Coder | undefined;
  readonly templates: readonly string[];
  readonly issuer: KeyIssuer;
  readonly settings: () => Settings;
  /** How often one key may be asked for. */
  readonly perKey: RateLimit;
}

/** Whatever else is sent is not looked at: it would be what a caller says of itself. */
const body = z.object({ workspace_id: z.uuid("must be the id of a workspace").toLowerCase() });

/** Refusals that are not shown at the agent: Coder does not take the token, or would be asked for each of too many. */
const UNSHOWN: readonly string[] = ["agent_token_refused", "rate_limited"];

/** `POST /api/v1/keys/workspace`: the key of the workspace whose agent asks. */
export const workspaceRoutes: FastifyPluginAsync<WorkspaceOptions> = async (app, options) => {
  const { coder, templates, issuer, settings, perKey } = options;

  app.post<{ Body: z.output<typeof body> }>(
    "/api/v1/keys/workspace",
    { config: { credential: "caller" }, schema: { body } },
    async (request, reply) => {
      if (coder === undefined) throw NO_CODER;
      const { workspace_id: workspaceId } = request.body;
      const { bearer: agentToken, log, id: requestId } = request;
      request.refused = { alias: `workspace-${workspaceId}` };
      const show = (level: "info" | "error", text: string) =>
        showAtAgent(coder, agentToken, level, text, log);
      try {
        const workspace = await proveWorkspace(coder, { agentToken, workspaceId, templates });
        const asker = { actor: `workspace ${workspace.id} of ${workspace.owner}`, requestId };
        request.refused = { alias: `workspace-${workspace.id}`, actor: asker.actor };
        perKey.take(`workspace-${workspace.id}`);
        const issued = await issuer.handOut(workspacePurpose(workspace), workspace.wish, asker);
        await show("info", tell(issued, workspace, settings()));
        return reply
          .code(issued.isReused ? 200 : 201)
          .send({ key: issued.key, reused: issued.isReused, ...describeKey(issued.atGateway, settings()) });
      } catch (error) {
        if (error instanceof ProvisionerError && !UNSHOWN.includes(error.code))
          await show("error", `no key: ${error.message}`);
        throw error;
      }
    },
  );
};

function tell(
  { isReused, atGateway }: IssuedKeyAnswer,
  { wish }: ProvenWorkspace,
  settings: Settings,
): string {
  const level = levelOf(atGateway, settings);
  const asked =
    wish === undefined || wish === "" || wish === level
      ? ""
      : ` (${wish} was asked for; an administrator decides how loose a key may be)`;
  return `key ${isReused ? "kept" : "issued"}: ${summarizeKey(atGateway, settings)}${asked}`;
}

/** Best effort: the key does not depend on whether its log can be written. */
async function showAtAgent(
  coder: Coder,
  agentToken: string,
  level: "info" | "error",
  text: string,
  logger: FastifyBaseLogger,
): Promise<void> {
  await coder.logToAgent(agentToken, level, text).catch((error: unknown) => {
    logger.warn({ err: error }, "outcome not shown at the agent");
  });
}
