import Fastify from "fastify";
import { createGatewayProbe } from "../../../services/key-provisioner/gateway-probe";

test("the probe believes the gateway's readiness, and asks at most once a second", async () => {
  let asked = 0;
  let status = 200;
  const gateway = Fastify();
  gateway.get("/health/readiness", async (_request, reply) => {
    asked += 1;
    return reply.code(status).send({});
  });
  const url = await gateway.listen({ port: 0, host: "127.0.0.1" });
  let now = 0;
  const probe = createGatewayProbe(url, () => now);
  await expect(Promise.all([probe(), probe()])).resolves.toEqual([true, true]);
  expect(asked).toBe(1);
  status = 503;
  now = 1000;
  await expect(probe()).resolves.toBe(false);
  await gateway.close();
  now = 2000;
  await expect(probe()).resolves.toBe(false);
});
