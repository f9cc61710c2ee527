import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bootstrapCoder } from "../../../cli/coder/bootstrap";
import { Progress } from "../../../cli/terminal/progress";
import { temporaryFolder } from "../../support/temporary-folder";

/** What goes wrong between us and Coder; that it goes well is proved with a real one (acceptance/coder-bootstrap). */
type Answer = readonly [status: number, body: unknown];

const BOT = {
  id: "b",
  username: "sluice-deploy",
  email: "sluice-deploy@sluice.invalid",
  login_type: "none",
  status: "active",
  roles: [{ name: "template-admin" }, { name: "user-admin" }],
  organization_ids: ["o"],
};
const OWNER = { ...BOT, id: "a", username: "admin", login_type: "password", roles: [{ name: "owner" }] };

const SET_UP: Readonly<Record<string, Answer>> = {
  "GET /api/v2/buildinfo": [200, { version: "v2.34.1" }],
  "GET /api/v2/users/first": [200, {}],
  "POST /api/v2/users/login": [201, { session_token: "session-of-the-owner" }],
  "POST /api/v2/users/logout": [200, {}],
  "GET /api/v2/users/me": [200, OWNER],
  "GET /api/v2/users/sluice-deploy": [200, BOT],
  "GET /api/v2/users/sluice-key-provisioner": [200, { ...BOT, id: "k", username: "sluice-key-provisioner" }],
  "GET /api/v2/users/b/keys/tokens": [200, null],
  "GET /api/v2/users/k/keys/tokens": [200, []],
  "POST /api/v2/users/b/keys/tokens": [201, { key: "token-of-deploy" }],
  "POST /api/v2/users/k/keys/tokens": [201, { key: "token-of-key-provisioner" }],
  "PUT /api/v1/coder/token": [200, {}],
};

let server: Server;
let calls: string[];

async function bootstrap(answers: Readonly<Record<string, Answer>> = {}) {
  calls = [];
  const all = { ...SET_UP, ...answers };
  server = createServer((request: IncomingMessage, response) => {
    const call = `${request.method} ${request.url}`;
    calls.push(call);
    const [status, body] = all[call] ?? [404, { message: "Route not found." }];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return bootstrapCoder({
    home: temporaryFolder(),
    url,
    admin: { username: "admin", email: "admin@sluice.example", password: "secret-of-the-owner" },
    keyProvisioner: { url, adminToken: "secret-of-administrators" },
    roles: [],
    progress: new Progress({ quiet: true }),
    startMs: 0,
  });
}

afterEach(() => {
  server.close();
});

describe("bootstrapCoder", () => {
  it("logs the owner out again, also when something fails in between", async () => {
    await bootstrap();
    expect(calls.filter((call) => call.endsWith("/logout"))).toHaveLength(1);
    server.close();
    await expect(
      bootstrap({ "POST /api/v2/users/k/keys/tokens": [500, { message: "No." }] }),
    ).rejects.toThrow("Coder answers 500 to POST /users/k/keys/tokens: No.");
    expect(calls.at(-1)).toBe("POST /api/v2/users/logout");
  });

  it.each<[string, Record<string, Answer>, string]>([
    [
      "the password is another one",
      { "POST /api/v2/users/login": [401, { message: "Incorrect email or password." }] },
      "does not accept the stored password (coder_first_user_password) for admin@sluice.example",
    ],
    [
      "the password is too weak for Coder",
      {
        "GET /api/v2/users/first": [404, {}],
        "POST /api/v2/users/first": [
          400,
          { message: "Invalid.", validations: [{ field: "password", detail: "insecure" }] },
        ],
      },
      "Coder answers 400 to POST /users/first: Invalid.; password: insecure",
    ],
    [
      "the user is no owner",
      { "GET /api/v2/users/me": [200, BOT] },
      "admin@sluice.example is no owner of Coder",
    ],
    [
      "a person has the name of a bot",
      { "GET /api/v2/users/sluice-deploy": [200, { ...BOT, login_type: "password" }] },
      "Coder has a user sluice-deploy that people can log in as (login type password)",
    ],
    [
      "something else listens there",
      { "GET /api/v2/buildinfo": [200, "<html></html>"] },
      "answers otherwise than Coder does",
    ],
    [
      "the key-provisioner refuses the token",
      { "PUT /api/v1/coder/token": [401, "token-of-key-provisioner"] },
      "the key-provisioner answers 401 to its token for Coder",
    ],
  ])("says so when %s, and no secret", async (_, answers, text) => {
    const error: Error = await bootstrap(answers).then(
      () => new Error("it went well"),
      (reason) => reason,
    );
    expect(error.message).toContain(text);
    expect(error.message).not.toMatch(/secret-of|token-of|session-of/);
  });

  it("takes a name that Coder does not know for a bot that is not there", async () => {
    await bootstrap({
      "GET /api/v2/users/sluice-deploy": [400, { message: '"user" must be an existing uuid or username.' }],
      "POST /api/v2/users": [201, { ...BOT, roles: [] }],
      "PUT /api/v2/users/b/roles": [200, BOT],
    });
    expect(calls).toEqual(expect.arrayContaining(["POST /api/v2/users", "PUT /api/v2/users/b/roles"]));
  });
});
