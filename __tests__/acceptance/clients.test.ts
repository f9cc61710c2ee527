import { describeClients } from "../clients/describe/clients";
import { GatewayProcess } from "../clients/gateway-process";

/** Unmodified clients against a gateway process, a real Postgres and a provider that follows a script. */
let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
}, 60_000);
afterAll(() => gateway?.stop());

describeClients(() => gateway);
