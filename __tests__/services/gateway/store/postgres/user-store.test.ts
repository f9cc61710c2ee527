import { findUserByEmail } from "../../../../../services/gateway/store/postgres/user-store";
import { describeUserStore } from "../../../../contracts/management-stores.contract";
import { user } from "../../../../support/services/holders";
import { usePostgres } from "../../../../support/services/postgres-databases";

const { openNew } = usePostgres();

describeUserStore("postgres", async () => (await openNew()).database.users);

test("a user is found by e-mail address without regard to case", () => {
  const users = [user({ userId: "bob" }), user({ userId: "eve", userEmail: "Eve@Example.org" })];
  expect(findUserByEmail(users, "eve@example.ORG")?.userId).toBe("eve");
  expect(findUserByEmail(users, "eve@example.com")).toBeUndefined();
});
