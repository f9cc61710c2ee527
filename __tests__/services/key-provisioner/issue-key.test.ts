import pino from "pino";
import { Encryption } from "../../../services/key-provisioner/encryption";
import { unavailable } from "../../../services/key-provisioner/errors";
import { Gateway, GatewayToken } from "../../../services/key-provisioner/gateway";
import { KeyIssuer } from "../../../services/key-provisioner/issue-key";
import { workspacePurpose } from "../../../services/key-provisioner/key-purpose";
import { Settings } from "../../../services/key-provisioner/settings";
import { Database } from "../../../services/key-provisioner/store/database";
import { Secret } from "../../../services/shared/secret";
import { MASTER_KEY } from "../../support/services/gateway-processes";
import {
  call,
  ENCRYPTION_KEY,
  GATEWAY_TOKEN,
  ProvisionerProcesses,
} from "../../support/services/provisioner-process";
import { settingsText } from "../../support/services/provisioner-settings";

/** The gateway, which gives no answer to one call. */
class FailingGateway extends Gateway {
  failing: "generate" | "delete" | undefined;

  #mayFail(call: "generate" | "delete"): void {
    if (this.failing !== call) return;
    this.failing = undefined;
    throw unavailable("gateway_unreachable", "The gateway gives no answer.");
  }

  override async generate(...args: Parameters<Gateway["generate"]>) {
    this.#mayFail("generate");
    return super.generate(...args);
  }

  override async delete(alias: string) {
    this.#mayFail("delete");
    return super.delete(alias);
  }
}

const ASKER = { actor: "test" };
const settings = new Settings(settingsText());
let platform: ProvisionerProcesses;
let database: Database;
let gateway: FailingGateway;
let issuer: KeyIssuer;
let made = 0;

beforeAll(async () => {
  platform = await ProvisionerProcesses.start(undefined);
  database = new Database(
    { connectionString: platform.processes.postgres.url("key_provisioner") },
    pino({ level: "silent" }),
  );
  await database.start();
  gateway = new FailingGateway(platform.gateway.url, new GatewayToken(new Secret(GATEWAY_TOKEN)));
  const encryption = new Encryption(new Secret(ENCRYPTION_KEY));
  issuer = new KeyIssuer({ database, gateway, encryption, settings: () => settings });
}, 90_000);
afterAll(async () => {
  await database?.close();
  await platform?.stop();
});

function newPurpose() {
  made += 1;
  const id = `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`;
  return workspacePurpose({ id, name: "dev", owner: "ada", ownerId: "ada-id" });
}
const update = (key: string, changes: object) =>
  call(platform.gateway, "POST", "/key/update", { bearer: MASTER_KEY, body: { key, ...changes } });

/** A key at design-first with what an administrator added and 4 USD spent, which may be loosened to standard. */
async function loosable() {
  const purpose = newPurpose();
  const { key, atGateway } = await issuer.handOut(purpose, "design-first", ASKER);
  const metadata = { ...atGateway.metadata, guardrails: { action: "block" }, note: "audited" };
  expect((await update(key, { metadata, spend: 4 })).status).toBe(200);
  await issuer.permit(purpose.alias, settings.level("standard"), ASKER);
  return purpose;
}
const LOOSENED = {
  spend: 4,
  metadata: { enforcement_level: "standard", guardrails: { action: "block" }, note: "audited" },
};

describe("a key that is loosened", () => {
  test("keeps its spend, and what administrators added", async () => {
    const purpose = await loosable();
    expect((await issuer.handOut(purpose, "standard", ASKER)).atGateway).toMatchObject(LOOSENED);
  });

  test("is no looser than permitted when its making was interrupted", async () => {
    const purpose = await loosable();
    gateway.failing = "generate";
    await expect(issuer.handOut(purpose, "unrestricted", ASKER)).rejects.toThrow("no answer");
    expect((await issuer.handOut(purpose, "unrestricted", ASKER)).atGateway).toMatchObject(LOOSENED);
  });

  test("does not get spend back when the end of the former one was interrupted", async () => {
    const purpose = await loosable();
    gateway.failing = "delete";
    await expect(issuer.handOut(purpose, "standard", ASKER)).rejects.toThrow("no answer");
    const former = await gateway.find({ key_alias: purpose.alias });
    await update(former?.key_id ?? "", { spend: 9 });
    expect((await issuer.handOut(purpose, "design-first", ASKER)).atGateway.spend).toBe(9);
  });
});

test("a key that was finished meanwhile is not taken back as unfinished", async () => {
  const purpose = newPurpose();
  await issuer.handOut(purpose, undefined, ASKER);
  const isUnfinished = (row: { gatewayKeyId: string | null }) => row.gatewayKeyId === null;
  expect(await issuer.revoke(purpose.alias, ASKER, "never finished", isUnfinished)).toBe(false);
  expect(await gateway.find({ key_alias: purpose.alias })).toBeDefined();
  expect(await issuer.revoke(purpose.alias, ASKER, "by an administrator")).toBe(true);
});
