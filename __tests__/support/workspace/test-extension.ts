import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporary-folder";

/** A VSIX with an extension of our own that has of Roo Code what the image looks for. */
export function makeTestExtension(version: string, announcementId: string): Buffer {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "extension/dist"), { recursive: true });
  writeFileSync(
    join(folder, "extension/package.json"),
    JSON.stringify({
      name: "roo-cline",
      publisher: "RooVeterinaryInc",
      version,
      engines: { vscode: "^1.80.0" },
      main: "./dist/extension.js",
      activationEvents: ["onStartupFinished"],
      contributes: {
        configuration: { properties: { "roo-cline.autoImportSettingsPath": { type: "string" } } },
        viewsContainers: { activitybar: [{ id: "test-container", title: "Test View", icon: "icon.svg" }] },
        views: { "test-container": [{ type: "webview", id: "test.webview", name: "Test" }] },
      },
    }),
  );
  // What it is told, it writes where the test can see it.
  writeFileSync(
    join(folder, "extension/dist/extension.js"),
    `const vscode=require("vscode");var latestAnnouncementId="${announcementId}";
exports.activate=()=>{vscode.window.registerWebviewViewProvider("test.webview",
{resolveWebviewView:(view)=>{view.webview.html="<p>the webview shows</p>";}});require("fs").writeFileSync("/tmp/test-extension.json",JSON.stringify({version:"${version}",latestAnnouncementId,
path:vscode.workspace.getConfiguration("roo-cline").get("autoImportSettingsPath"),isTrusted:vscode.workspace.isTrusted}));};\n`,
  );
  writeFileSync(
    join(folder, "extension/icon.svg"),
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><circle cx="12" cy="12" r="9"/></svg>',
  );
  writeFileSync(join(folder, "extension.vsixmanifest"), "<PackageManifest/>");
  const code = "import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2])";
  const archive = join(temporaryFolder(), "test");
  execFileSync("python3", ["-c", code, archive, folder]);
  return readFileSync(`${archive}.zip`);
}
