import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { certificateBundle } from "../../../../services/workspace/container/places";
import {
  codeServerArguments,
  editorEnvironment,
  openEditorLog,
  waitForEditor,
} from "../../../../services/workspace/editor/code-server";
import { freePort } from "../../../support/services/free-port";
import { testPlaces } from "../../../support/workspace/places";

describe("code-server", () => {
  it("listens on the loopback address only, where it asks for no password", () => {
    const places = testPlaces();
    expect(codeServerArguments(places)).toEqual([
      "--bind-addr=127.0.0.1:13337",
      "--auth=none",
      "--disable-workspace-trust",
      "--disable-telemetry",
      "--disable-update-check",
      join(places.home, "workspace"),
    ]);
  });

  it("has no key that was typed in its environment, and the certificates once they are there", () => {
    const places = testPlaces();
    const env = { SLUICE_TYPED_KEY: "sk-1", PATH: "/bin" };
    expect(editorEnvironment(env, places)).toEqual({ PATH: "/bin" });
    writeFileSync(certificateBundle(places), "x");
    expect(editorEnvironment(env, places)).toMatchObject({ SSL_CERT_FILE: certificateBundle(places) });
  });

  it("begins a new log when the old one has grown, and keeps one", () => {
    const places = testPlaces();
    const file = join(places.state, "code-server.log");
    writeFileSync(file, "x".repeat(5 * 1024 * 1024 + 1));
    openEditorLog(places);
    expect([statSync(file).size, readFileSync(`${file}.1`).length]).toEqual([0, 5 * 1024 * 1024 + 1]);
  });

  it("is waited for, for a while", async () => {
    const places = testPlaces();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/healthz`;
    await expect(waitForEditor(places, 300, url)).rejects.toThrow(/did not answer within 0.3 s; its log: /);
    const server = createServer((_, response) => response.end("{}"));
    const timer = setTimeout(() => server.listen(port, "127.0.0.1"), 300);
    await waitForEditor(places, 5000, url);
    clearTimeout(timer);
    server.close();
  });
});
