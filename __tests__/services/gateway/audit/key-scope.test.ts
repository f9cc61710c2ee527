import { scopeOf } from "../../../../services/gateway/audit/key-scope";

test.each<[string, Record<string, unknown>, string | null, string | null]>([
  ["both", { workspace_id: "w-1", scope: "workspace:other" }, "w-1", "workspace:other"],
  ["a scope of a workspace", { scope: "workspace:w-2" }, "w-2", "workspace:w-2"],
  ["another scope", { scope: "ci:frontend" }, null, "ci:frontend"],
  ["neither", { enforcement_level: "standard" }, null, null],
  ["something else than text", { workspace_id: 7, scope: {} }, null, null],
  ["very long text", { scope: "s".repeat(300) }, null, "s".repeat(200)],
])("metadata with %s", (_name, metadata, workspace, scope) => {
  expect(scopeOf({ metadata })).toEqual({ workspace, scope });
});

test("the master key has none", () => {
  expect(scopeOf(undefined)).toEqual({ workspace: null, scope: null });
});
