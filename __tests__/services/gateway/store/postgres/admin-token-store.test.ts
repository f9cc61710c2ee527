import { describeAdminTokenStore } from "../../../../contracts/management-stores.contract";
import { usePostgres } from "../../../../support/services/postgres-databases";

const { openNew } = usePostgres();

describeAdminTokenStore("postgres", async () => (await openNew()).database.adminTokens);
