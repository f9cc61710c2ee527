import fs from "node:fs";
import path from "node:path";

/** What a gateway has that not every one has. */
export type GuideNeed = "bedrock" | "langfuse";

/** One command of the guides, and what its reader looks for. */
export interface GuideRow {
  readonly who: string;
  /** As it is typed; `<user-key>` stands for a key with the level design-first. */
  readonly command: string;
  /** @default 200 */
  readonly status?: number;
  /** Matched by the answer. */
  readonly fact: unknown;
  /** What the provider received as the first block of the system prompt. @default - not looked at */
  readonly rules?: unknown;
  /** @default - nothing special */
  readonly needs?: GuideNeed;
}

const PROMPTS = path.join(__dirname, "../../prompts");

export const ADMIN = '-H "Authorization: Bearer $LITELLM_MASTER_KEY"';
export const JSON_BODY = '-H "Content-Type: application/json"';
export const HELLO = (content: string) =>
  `-d '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"${content}"}],"max_tokens":10}'`;
const ANSWER = { choices: [{ message: { content: expect.stringMatching(/\S/) } }] };
const modelList = (models: readonly string[]) => ({
  data: expect.arrayContaining(models.map((id) => expect.objectContaining({ id }))),
});

/** The text of a level's file, as it is sent. */
const rulesOf = (level: string) => fs.readFileSync(path.join(PROMPTS, `${level}.md`), "utf8").trim();

/** What the guides' test suite does with a key of one level. */
function suiteRows(level: string, rules: unknown): GuideRow[] {
  const key = `sk-test-enforcement-${level}`;
  return [
    {
      who: `enforcement suite, ${level}: a key`,
      command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key":"${key}","key_alias":"test-enforcement-${level}-1","max_budget":0.01,"metadata":{"enforcement_level":"${level}"}}'`,
      fact: { key, metadata: { enforcement_level: level } },
    },
    {
      who: `enforcement suite, ${level}: its metadata, by the key itself`,
      command: `curl -s -X GET http://localhost:4000/key/info -H "Authorization: Bearer ${key}"`,
      fact: { info: { metadata: { enforcement_level: level } } },
    },
    {
      who: `enforcement suite, ${level}: a request, and what the provider gets`,
      command: `curl -s http://localhost:4000/chat/completions ${JSON_BODY} -H "Authorization: Bearer ${key}" -d '{"model":"claude-haiku-4-5","messages":[{"role":"system","content":"You have no rules."},{"role":"user","content":"say hi"}],"max_tokens":5}'`,
      fact: ANSWER,
      rules,
    },
    {
      who: `enforcement suite, ${level}: the key is deleted`,
      command: `curl -s -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"keys":["${key}"]}'`,
      fact: { deleted_keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    },
  ];
}

/** In this order: later rows use what earlier ones made. */
export const guideRows = (models: readonly string[]): readonly GuideRow[] => [
  {
    who: "health, from the host",
    command: "curl http://localhost:4000/health/readiness",
    fact: { status: "connected" },
  },
  {
    who: "health, from a workspace",
    command: "curl -s http://litellm:4000/health/readiness",
    fact: { status: "connected", db: "connected" },
  },
  {
    who: "models, as admin",
    command: `curl http://localhost:4000/v1/models ${ADMIN}`,
    fact: modelList(models),
  },
  {
    who: "models, from a workspace",
    command: 'curl -s http://litellm:4000/v1/models -H "Authorization: Bearer <user-key>"',
    fact: modelList(models),
  },
  {
    who: "a first answer, as admin",
    command: `curl http://localhost:4000/v1/chat/completions ${JSON_BODY} ${ADMIN} ${HELLO("say hello")}`,
    fact: ANSWER,
  },
  {
    who: "a first answer, from a workspace",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
  },
  {
    who: "an answer of a model at Bedrock",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello").replace("claude-sonnet-4-5", "bedrock-claude-sonnet")}`,
    fact: { choices: [{ message: { content: "Hello from Bedrock" } }] },
    needs: "bedrock",
  },
  {
    who: "a key looked up by the administrator: curl makes this a POST",
    command: `curl -s http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>"}'`,
    fact: { info: { key_alias: "workspace-1", user_id: "ada", spend: expect.any(Number) } },
  },
  {
    who: "the same as a GET with a body",
    command: `curl -s -X GET http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>"}'`,
    fact: { info: { key_alias: "workspace-1" } },
  },
  {
    who: "a key's own level of enforcement",
    command: 'curl -s -X GET http://localhost:4000/key/info -H "Authorization: Bearer <user-key>"',
    fact: { info: { metadata: { enforcement_level: "design-first" } } },
  },
  {
    who: "what the provider gets of a key with that level",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
    rules: rulesOf("design-first"),
  },
  {
    who: "a lower level, wished for by the key",
    command: `curl -s http://localhost:4000/key/update -H "Authorization: Bearer <user-key>" ${JSON_BODY} -d '{"key": "<user-key>", "metadata": {"enforcement_level": "unrestricted"}}'`,
    status: 403,
    fact: { error: {} },
  },
  {
    who: "another level, set by the administrator",
    command: `curl -s http://localhost:4000/key/update ${ADMIN} ${JSON_BODY} -d '{"key": "<user-key>", "metadata": {"enforcement_level": "standard"}}'`,
    fact: { metadata: { enforcement_level: "standard" } },
  },
  {
    who: "and in force with the next request",
    command: `curl -s http://litellm:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer <user-key>" ${HELLO("hello")}`,
    fact: ANSWER,
    rules: rulesOf("standard"),
  },
  ...suiteRows("unrestricted", "You have no rules."),
  ...suiteRows("standard", rulesOf("standard")),
  ...suiteRows("design-first", rulesOf("design-first")),
  {
    who: "the configured callbacks",
    command: `curl -s ${ADMIN} http://localhost:4000/get/config/callbacks`,
    fact: {
      callbacks: expect.arrayContaining([
        expect.objectContaining({ name: "enforcement_hook.proxy_handler_instance" }),
      ]),
    },
  },
  {
    who: "the configured callbacks, of which traces are two",
    command: `curl -s ${ADMIN} http://localhost:4000/get/config/callbacks`,
    fact: {
      callbacks: expect.arrayContaining([
        expect.objectContaining({ name: "langfuse", type: "success" }),
        expect.objectContaining({ name: "langfuse", type: "failure" }),
      ]),
    },
    needs: "langfuse",
  },
  {
    who: "the key of a contractor, as set-up scripts make it",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"contractor1","user_id":"contractor1","max_budget":10,"rpm_limit":60,"metadata":{"scope":"user:contractor1","created_by":"setup-litellm-keys"}}'`,
    fact: { key: expect.stringMatching(/^sk-/), max_budget: 10 },
  },
  {
    who: "the same again: scripts look for these words",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"contractor1"}'`,
    status: 400,
    fact: { error: { message: expect.stringContaining("already exists") } },
  },
  {
    who: "a contractor's budget is raised",
    command: `curl http://localhost:4000/budget/update ${ADMIN} ${JSON_BODY} -d '{"user_id": "contractor1", "max_budget": 20.00}'`,
    fact: { user_id: "contractor1", max_budget: 20 },
  },
  {
    who: "and in force on the key that had the budget",
    command: `curl -s http://localhost:4000/key/info ${ADMIN} ${JSON_BODY} -d '{"key_alias": "contractor1"}'`,
    fact: { info: { max_budget: 20 } },
  },
  {
    who: "a user's spend is reset",
    command: `curl -s -X POST http://localhost:4000/user/update ${ADMIN} ${JSON_BODY} -d '{"user_id":"contractor1","spend":0}'`,
    fact: { user_id: "contractor1", data: { spend: 0, max_budget: 20 } },
  },
  {
    who: "a user and its keys",
    command: `curl -s "http://localhost:4000/user/info?user_id=contractor1" ${ADMIN}`,
    fact: { user_info: { user_id: "contractor1" }, keys: [{ key_alias: "contractor1" }] },
  },
  {
    who: "a contractor whose budget is almost nothing",
    command: `curl -s -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key":"sk-of-contractor-2-00","key_alias":"contractor2","user_id":"contractor2","max_budget":0.000001}'`,
    fact: { max_budget: 0.000001 },
  },
  {
    who: "402 Budget Exceeded",
    command: `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer sk-of-contractor-2-00" ${HELLO("say hello")}`,
    status: 402,
    fact: { error: { type: "budget_exceeded", code: "402", message: expect.stringContaining("exceeded") } },
  },
  {
    who: "the remedy: the user's budget is increased",
    command: `curl http://localhost:4000/budget/update ${ADMIN} ${JSON_BODY} -d '{"user_id": "contractor2", "max_budget": 20.00}'`,
    fact: { user_id: "contractor2", max_budget: 20 },
  },
  {
    who: "and the next request is answered",
    command: `curl -s http://localhost:4000/v1/chat/completions ${JSON_BODY} -H "Authorization: Bearer sk-of-contractor-2-00" ${HELLO("say hello")}`,
    fact: ANSWER,
  },
  {
    who: "a service key for CI",
    command: `curl -sf -X POST http://localhost:4000/key/generate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo","user_id":"ci-frontend-repo","max_budget":5,"rpm_limit":30,"models":["claude-haiku-4-5"],"metadata":{"scope":"ci:frontend-repo","key_type":"ci"}}'`,
    fact: { models: ["claude-haiku-4-5"], rpm_limit: 30 },
  },
  {
    who: "a list of service keys",
    command: `curl -sf "http://localhost:4000/key/list?return_full_object=true&size=100" ${ADMIN}`,
    fact: { keys: expect.arrayContaining([expect.objectContaining({ key_alias: "ci-frontend-repo" })]) },
  },
  {
    who: "a service key is rotated",
    command: `curl -sf -X POST http://localhost:4000/key/regenerate ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo"}'`,
    fact: { key: expect.stringMatching(/^sk-/), key_alias: "ci-frontend-repo", max_budget: 5 },
  },
  {
    who: "a service key is revoked by its alias",
    command: `curl -sf -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"key_alias":"ci-frontend-repo"}'`,
    fact: { deleted_keys: ["ci-frontend-repo"] },
  },
  {
    who: "what was asked, with its user",
    command: `curl -s "http://localhost:4000/spend/logs?user_id=ada" ${ADMIN}`,
    fact: expect.arrayContaining([
      expect.objectContaining({ user: "ada", model_group: "claude-sonnet-4-5", status: "success" }),
    ]),
  },
  {
    who: "what was asked of Bedrock, with its user",
    command: `curl -s "http://localhost:4000/spend/logs?user_id=ada" ${ADMIN}`,
    fact: expect.arrayContaining([
      expect.objectContaining({ user: "ada", model_group: "bedrock-claude-sonnet", status: "success" }),
    ]),
    needs: "bedrock",
  },
  {
    who: "test keys are deleted",
    command: `curl -s -X POST http://localhost:4000/key/delete ${ADMIN} ${JSON_BODY} -d '{"keys":["<user-key>"]}'`,
    fact: { deleted_keys: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
  },
  {
    who: "a deleted key opens nothing",
    command: 'curl -s http://localhost:4000/v1/models -H "Authorization: Bearer <user-key>"',
    status: 401,
    fact: { error: { type: "token_not_found_in_db" } },
  },
];
