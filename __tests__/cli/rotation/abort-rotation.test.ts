import { type AbortProps, abortRotation } from "../../../cli/rotation/abort-rotation";
import { beginRotation, pendingRotation } from "../../../cli/rotation/pending-rotation";
import { readSecrets, writeSecrets } from "../../../cli/secrets/secret-store";
import { temporaryFolder } from "../../support/temporary-folder";

const former = { gateway_master_key: "sk-former", kept: "same" };
const container = (service: string, Status = "running", restart = "unless-stopped") =>
  ({
    Id: service,
    Name: `/team-${service}`,
    State: { Status },
    HostConfig: { RestartPolicy: { Name: restart } },
  }) as never;
let home: string;
beforeEach(() => {
  home = temporaryFolder();
  writeSecrets(home, former);
});

/** @param attributes of the one resource that the state has */
const abort = (attributes: object, props: Partial<AbortProps> = {}) =>
  abortRotation({
    home,
    pending: beginRotation(
      home,
      { secret: "gateway_master_key" },
      { gateway_master_key: "sk-new", gateway_master_key_previous: "sk-former" },
    ),
    deployed: {
      name: "team",
      resources: [
        { type: "docker_container", address: "docker_container.files", attributes: { ...attributes } },
      ],
    },
    containersOf: async () => [container("gateway"), container("gateway-files", "exited", "no")],
    hasSecret: async () => false,
    ...props,
  });

it("puts the former value back where nothing has got the new one", async () => {
  await abort({ name: "team-gateway-files", upload: [{ content: "sk-former\n" }] });
  expect(readSecrets(home)).toEqual(former);
  expect(pendingRotation(home)).toBeUndefined();
});

it.each<[string, object, Partial<AbortProps>, string]>([
  [
    "the state has it",
    { name: "team-gateway-files", upload: [{ content: "sk-new\n" }] },
    {},
    "delivered already (team-gateway-files)",
  ],
  ["a container has it", {}, { hasSecret: async () => true }, "delivered already (team-gateway)"],
  [
    "a container cannot be asked",
    {},
    { containersOf: async () => [container("gateway", "exited")] },
    "team-gateway does not run, so it cannot be asked",
  ],
])("refuses where %s, and changes nothing", async (_where, attributes, props, text) => {
  await expect(abort(attributes, props)).rejects.toThrow(text);
  expect(readSecrets(home)["gateway_master_key"]).toBe("sk-new");
  expect(pendingRotation(home)?.former["gateway_master_key"]).toBe("sk-former");
});

it("asks nobody where no new value was stored", async () => {
  const pending = beginRotation(home, { secret: "gateway_master_key" }, { gateway_master_key: "sk-former" });
  const containersOf = () => Promise.reject(new Error("asked"));
  await abortRotation({ home, pending, deployed: { name: "team", resources: [] }, containersOf });
  expect(pendingRotation(home)).toBeUndefined();
});
