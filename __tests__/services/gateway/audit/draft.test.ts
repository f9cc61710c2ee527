import { AuditDraft } from "../../../../services/gateway/audit/draft";
import type { AuditRow } from "../../../../services/gateway/store/audit-log";

function open(headers: Record<string, string> = {}): { draft: AuditDraft; row: () => AuditRow | undefined } {
  let row: AuditRow | undefined;
  const entry = { begin: async () => {}, commit: async () => {}, discard: () => {} };
  const origin = {
    requestId: "r",
    route: "/x",
    caller: { kind: "master" as const, version: "current" as const },
    headers,
  };
  const draft = new AuditDraft(origin, entry, { now: () => 0 }, (given) => {
    row = given;
  });
  return { draft, row: () => row };
}

test("the policy that held is in the row", async () => {
  const { draft, row } = open();
  draft.recordPolicy("design-first", "c".repeat(64));
  await draft.commit(200);
  expect(row()).toMatchObject({ enforcementLevel: "design-first", promptHash: "c".repeat(64) });
});

test("a level without a prompt has no hash, a request that got no further has neither", async () => {
  const unrestricted = open();
  unrestricted.draft.recordPolicy("unrestricted", null);
  await unrestricted.draft.commit(200);
  expect(unrestricted.row()).toMatchObject({ enforcementLevel: "unrestricted", promptHash: null });
  const refused = open();
  await refused.draft.commit(429);
  expect(refused.row()).toMatchObject({ enforcementLevel: null, promptHash: null });
});

test("a header that names the conversation goes before the body", async () => {
  const { draft, row } = open({ "x-session-id": "head" });
  draft.recordBody({ litellm_session_id: "body" });
  await draft.commit(200);
  expect(row()).toMatchObject({ sessionId: "head" });
});
