import { useDeployedGateways } from "../../support/faults/deployed-gateways";
import { RawConnection, requestHead } from "../../support/faults/raw-connection";
import { eventually } from "../../support/services/eventually";
import { MASTER_KEY } from "../../support/services/gateway-processes";

/**
 * Large bodies from strangers, sent where no body belongs: to paths that do not exist, with methods that a path does not have,
 * to public paths, and to the operator's. `[{},{},…]` is the worst of a size: each `{}` becomes an object.
 */
const gateways = useDeployedGateways();

const STRANGER = "127.0.0.66";
/** 33.5 MB, a little less than a body may have where one belongs. */
const OBJECTS = Buffer.from(`[${"{},".repeat(11_180_000)}{}]`);

interface Target {
  readonly method: string;
  readonly path: string;
  readonly statuses: readonly number[];
}
const NOWHERE: readonly Target[] = [
  { method: "POST", path: "/nope", statuses: [404] },
  { method: "PUT", path: "/v1/nope/further", statuses: [404] },
  { method: "POST", path: "/health/readiness", statuses: [404, 405] },
  { method: "DELETE", path: "/v1/chat/completions", statuses: [404, 405] },
  { method: "PATCH", path: "/metrics", statuses: [404, 405] },
];
const PUBLIC: readonly Target[] = ["/health/readiness", "/health/liveliness", "/metrics"].map((path) => ({
  method: "GET",
  path,
  // The answer that everybody gets, or that there is nothing to say to a body.
  statuses: [200, 400, 413],
}));
const MANAGEMENT: readonly Target[] = ["/key/generate", "/key/block", "/user/new"].map((path) => ({
  method: "POST",
  path,
  statuses: [401],
}));

/** Says how long the body is, sends its first byte, and waits for the answer. */
async function statusBeforeBody({ method, path }: Target, key?: string): Promise<number | undefined> {
  const connection = await RawConnection.open(gateways.first.url, STRANGER);
  await connection.send(`${requestHead(method, path, key, OBJECTS.length)}[`);
  const status = await eventually(() => connection.status, 5000).catch(() => undefined);
  connection.reset();
  return status;
}

/** Sends the whole body to each target, all at the same time, and waits for the answers or for the end. */
async function sendBodies(targets: readonly Target[], key?: string): Promise<void> {
  const send = async ({ method, path }: Target) => {
    const connection = await RawConnection.open(gateways.first.url, STRANGER);
    await connection.send(requestHead(method, path, key, OBJECTS.length));
    await connection.sendAll(OBJECTS);
    await eventually(() => connection.isClosed || connection.status !== undefined, 20_000);
    connection.reset();
  };
  await Promise.all(targets.map(send));
}

describe("is answered before its body has come", () => {
  it.each([...NOWHERE, ...PUBLIC, ...MANAGEMENT])("$method $path", async (target) => {
    expect(target.statuses).toContain(await statusBeforeBody(target));
  });

  it("what the operator sends too much of", async () => {
    const target = { method: "POST", path: "/key/generate", statuses: [413] };
    expect(await statusBeforeBody(target, MASTER_KEY)).toBe(413);
  });
});

describe("33 MB of objects harm nobody", () => {
  it("at a path that does not exist", () => gateways.withstand(() => sendBodies(NOWHERE.slice(0, 1))));
  it("wherever no body belongs", () => gateways.withstand(() => sendBodies([...NOWHERE, ...PUBLIC])));
  it("at the operator's paths, whoever sends them", async () => {
    const key = await gateways.makeKey();
    await gateways.withstand(() =>
      Promise.all([undefined, key, MASTER_KEY].map((one) => sendBodies(MANAGEMENT, one))),
    );
  });
});
