import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
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

/** A certificate of its own authority. */
function makeCertificate(name: string) {
  const [crt, pem] = [join(folder, `${name}.crt`), join(folder, `${name}.pem`)];
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost", "-keyout", pem, "-out", crt],
    ],
    { stdio: "ignore" },
  );
  copyFileSync(crt, certificate);
  copyFileSync(pem, key);
}

beforeAll(async () => {
  makeCertificate("first");
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
  const { status, body } = await overTls("/secure-context", readFileSync(certificate, "utf8"));
  expect(status).toBe(200);
  expect(body).toContain("<h1>Will the IDE work in this browser?</h1>");
  expect((await overTls("/health/live", readFileSync(certificate, "utf8"))).status).toBe(200);
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
  const former = readFileSync(certificate, "utf8");
  makeCertificate("second");
  await eventually(
    async () => (await overTls("/health/live", readFileSync(certificate, "utf8"))).status === 200,
  );
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
