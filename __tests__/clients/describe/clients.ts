import { installClients } from "../install";
import { describeAgents } from "./agents";
import type { GatewaySource } from "./clients-context";
import { describeRefusals } from "./refusals";
import { describeReplays } from "./replays";
import { describeSdks } from "./sdks";

/** Installing for the first time takes as long as the network does. */
const INSTALL_LIMIT_MS = 16 * 60_000;

/** Real clients, as they come from their makers, against a gateway. */
export function describeClients(gateway: GatewaySource): void {
  beforeAll(() => void installClients(), INSTALL_LIMIT_MS);

  describe("SDKs", () => describeSdks(gateway));
  describe("agents", () => describeAgents(gateway));
  describe("a refused request", () => describeRefusals(gateway));
  describe("replays", () => describeReplays(gateway));
}
