import { randomBytes } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";

/** What the page needs. */
interface SecureContextOptions {
  /** Whether this port speaks TLS with the access host's certificate. */
  readonly hasTls: () => boolean;
}

/**
 * `GET /secure-context`: tests in the visitor's own browser what the IDE's panels need, a secure context and service workers, and says what to
 * do. Over https it shows whether the browser trusts the certificate that Coder has too; over http it can only explain itself.
 */
export const secureContextRoutes: FastifyPluginAsync<SecureContextOptions> = async (app, { hasTls }) => {
  app.get("/secure-context", async (_request, reply) => {
    const nonce = randomBytes(16).toString("base64");
    return reply
      .headers({
        "content-security-policy": `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      })
      .type("text/html; charset=utf-8")
      .send(page(nonce, hasTls()));
  });

  app.get("/secure-context/worker.js", async (_request, reply) =>
    reply
      .headers({ "x-content-type-options": "nosniff" })
      .type("text/javascript; charset=utf-8")
      .send("self.addEventListener('install', () => self.skipWaiting());\n"),
  );
};

const page = (nonce: string, hasTls: boolean) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Will the IDE work in this browser?</title>
<style nonce="${nonce}">
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
.yes::before { content: "✓ "; color: #0a7d32; } .no::before { content: "✗ "; color: #b00020; }
#verdict { border-left: 4px solid; padding: .5rem 1rem; }
[hidden] { display: none; }
code { background: #8882; padding: 0 .2em; }
</style>
</head>
<body data-tls="${hasTls}">
<h1>Will the IDE work in this browser?</h1>
<p id="verdict">Testing …</p>
<dl>
<dt>Secure context</dt><dd id="context">–</dd>
<dt>Cryptography (crypto.subtle)</dt><dd id="crypto">–</dd>
<dt>Service worker</dt><dd id="worker">–</dd>
</dl>
<p id="other" hidden><a id="https">Test it over https</a></p>
<section id="remedy" hidden>
<h2>What to do</h2>
<p>Let this computer trust the authority that signed the certificate. Get its file, <code>ca.crt</code>, from whoever runs the platform, then restart the browser:</p>
<ul>
<li><b>macOS</b>: <code>sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ca.crt</code></li>
<li><b>Windows</b>, as administrator: <code>certutil -addstore -f Root ca.crt</code></li>
<li><b>Debian, Ubuntu</b>: copy it to <code>/usr/local/share/ca-certificates/</code>, then <code>sudo update-ca-certificates</code>; Chrome has a list of its own: Settings, Privacy and security, Security, Manage certificates</li>
<li><b>Firefox</b>: Settings, Privacy &amp; Security, View Certificates, Authorities, Import</li>
</ul>
<p>To go past the browser's warning is not enough: pages open then, service workers do not. Everything about it stands in <code>certs/README.md</code> of the project.</p>
</section>
<noscript><p>This page needs JavaScript, as the IDE does.</p></noscript>
<script nonce="${nonce}">
"use strict";
const show = (id, isGood, text) => {
  const at = document.getElementById(id);
  at.textContent = text;
  at.className = isGood ? "yes" : "no";
};
const tell = (text) => { document.getElementById("verdict").textContent = text; };
const register = async () => {
  if (!("serviceWorker" in navigator)) throw new Error("this browser offers none here");
  const limit = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer within 10 s")), 10000));
  const registration = await Promise.race([
    navigator.serviceWorker.register("/secure-context/worker.js", { scope: "/secure-context/" }),
    limit,
  ]);
  await registration.unregister();
};
(async () => {
  const isSecure = window.isSecureContext;
  const hasCrypto = Boolean(window.crypto && window.crypto.subtle);
  show("context", isSecure, isSecure ? "yes" : "no");
  show("crypto", hasCrypto, hasCrypto ? "there" : "missing");
  let hasWorker = true;
  try { await register(); } catch (error) {
    hasWorker = false;
    show("worker", false, String(error.message || error));
  }
  if (hasWorker) show("worker", true, "registered");
  const isHttps = location.protocol === "https:";
  const canTest = !isHttps && document.body.dataset.tls === "true";
  if (canTest) {
    document.getElementById("other").hidden = false;
    document.getElementById("https").href = "https://" + location.host + "/secure-context";
  }
  if (isHttps && isSecure && hasCrypto && hasWorker) {
    tell("Yes. This browser trusts the certificate of " + location.hostname + ", and the IDE's panels will work.");
    document.body.dataset.verdict = "works";
    return;
  }
  document.body.dataset.verdict = isHttps ? "untrusted" : isSecure ? "unknown" : "insecure";
  if (isHttps) tell("No. This browser does not trust the certificate of " + location.hostname + ": panels of the IDE would stay blank.");
  else if (isSecure) tell("Not known yet. Browsers trust " + location.hostname + " over http as it is, which says nothing about the certificate that the IDE is opened with." + (canTest ? " Test it over https." : ""));
  else tell("Not from here. This page was opened over plain http, where browsers switch off what the IDE needs. The IDE itself is opened over https." + (canTest ? " Test it over https." : ""));
  document.getElementById("remedy").hidden = !isHttps && isSecure;
})();
</script>
</body>
</html>
`;
