import { describeNamedBudgetStore } from "../../../../contracts/management-stores.contract";
import { usePostgres } from "../../../../support/services/postgres-databases";

const { openNew } = usePostgres();

describeNamedBudgetStore("postgres", async () => (await openNew()).database.namedBudgets);
