import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { certificateFiles, ensureAccessCertificate } from "../../../../cli/certificates/access-certificate";
import { platformConfig } from "../../../support/platform-fixture";
import { EmbeddedPostgres } from "../../../support/services/embedded-postgres";
import { eventually } from "../../../support/services/eventually";
import { call } from "../../../support/services/provisioner-process";
import { settingsText } from "../../../support/services/provisioner-settings";
import { ServiceProcess } from "../../../support/services/service-process";
import { temporaryFolder } from "../../../support/temporary-folder";

const folder = temporaryFolder();
const [certificate, key] = [join(folder, "access.crt"), join(folder, "access.key")];
let postgres: EmbeddedPostgres;
let provisioner: ServiceProcess;
let authority: string;

/** A certificate of an authority of its own, in the place of the one before. @returns the authority */
async function makeCertificate(): Promise<string> {
  const home = temporaryFolder();
  await ensureAccessCertificate(home, platformConfig());
  const made = certificateFiles(home);
  copyFileSync(made.certificate, certificate);
  copyFileSync(made.key, key);
  return readFileSync(made.authority, "utf8");
}

beforeAll(async () => {
  authority = await makeCertificate();
  const settings = join(folder, "settings.json");
  writeFileSync(settings, settingsText());
  postgres = await EmbeddedPostgres.start();
  provisioner = await ServiceProcess.start("key-provisioner", {
    GATEWAY_URL: "http://127.0.0.1:9",
    CONFIG_FILE: settings,
    DATABASE_URL: postgres.url(),
    KEY_PROVISIONER_ADMIN_TOKEN: "sk-admin-token-0123",
    GATEWAY_PROVISIONER_TOKEN: "sk-gateway-token-0123",
    KEY_ENCRYPTION_KEY: "sk-encryption-key-0123",
    TLS_CERT_FILE: certificate,
    TLS_KEY_FILE: key,
  });
}, 60_000);
afterAll(async () => {
  await provisioner?.stop();
  await postgres?.stop();
});

/** Over TLS, with one authority trusted. */
function overTls(path: string, ca: string): Promise<{ status: number | undefined; body: string }> {
  const { port } = new URL(provisioner.url);
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", servername: "localhost", port, path, ca, agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}

test("one port speaks http and https, and the page offers the latter", async () => {
  const plain = await call(provisioner, "GET", "/secure-context");
  expect(plain.status).toBe(200);
  expect(plain.body).toContain('data-tls="true"');
  const { status, body } = await overTls("/secure-context", authority);
  expect(status).toBe(200);
  expect(body).toContain("<h1>Will the IDE work in this browser?</h1>");
  expect((await overTls("/health/live", authority)).status).toBe(200);
});

test("nothing runs on the page but its own script, and the worker is a script", async () => {
  const { headers, body } = await call(provisioner, "GET", "/secure-context");
  const policy = headers.get("content-security-policy") ?? "";
  const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
  expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'$/);
  expect(body.match(/<(script|style)[ >]/g)).toHaveLength(2);
  expect(
    body.match(new RegExp(`<(script|style) nonce="${nonce?.replace(/[+/=]/g, "\\$&")}">`, "g")),
  ).toHaveLength(2);
  expect(body).not.toMatch(/ (style|on\w+)="/);
  const again = await call(provisioner, "GET", "/secure-context");
  expect(again.headers.get("content-security-policy")).not.toBe(policy);
  const worker = await call(provisioner, "GET", "/secure-context/worker.js");
  expect(worker.headers.get("content-type")).toMatch(/^text\/javascript/);
});

test("a renewed certificate is taken over", async () => {
  const former = authority;
  authority = await makeCertificate();
  await eventually(async () => (await overTls("/health/live", authority)).status === 200);
  await expect(overTls("/health/live", former)).rejects.toThrow();
});

test("what is neither is refused, and others are served", async () => {
  const { port } = new URL(provisioner.url);
  const { connect } = await import("node:net");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(Buffer.from([0x16, 3, 1, 0, 4, 0xff, 0xff, 0xff, 0xff]));
  await new Promise((resolve) => socket.resume().once("close", resolve));
  expect((await call(provisioner, "GET", "/health/live")).status).toBe(200);
});
