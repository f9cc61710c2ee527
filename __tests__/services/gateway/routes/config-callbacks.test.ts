import { callApp } from "../../../support/services/call-app";
import { buildTestGateway, MASTER_KEY } from "../../../support/services/test-gateway";

test("names what is configured and the enforcement, and shows no variable", async () => {
  const gateway = buildTestGateway();
  const response = await callApp(gateway.app, {
    url: "/get/config/callbacks",
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  await gateway.close();
  expect(response.json()).toMatchObject({
    status: "success",
    callbacks: [
      { name: "log_to_db", type: "success", variables: {} },
      { name: "langfuse", type: "success", variables: {} },
      { name: "langfuse", type: "failure", variables: {} },
      { name: "enforcement_hook.proxy_handler_instance", type: "success_and_failure", variables: {} },
    ],
  });
});
