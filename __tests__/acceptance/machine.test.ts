import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { differences, takeMachineState } from "../support/machine/machine-state";
import { temporaryFolder } from "../support/temporary-folder";

const ENGINE = join(__dirname, "../support/engine");

describe("what a run leaves behind", () => {
  it("is told: folders of clients in the home, units that start at boot, containers of tests", () => {
    const [home, units] = [temporaryFolder(), temporaryFolder()];
    mkdirSync(join(units, "multi-user.target.wants"));
    mkdirSync(join(home, ".cache"));
    writeFileSync(join(home, ".profile"), "");
    const before = takeMachineState(home, units);
    expect(differences(before, takeMachineState(home, units))).toEqual([]);
    for (const folder of [".opencode", ".cache/opencode", ".cache/sluice"]) mkdirSync(join(home, folder));
    symlinkSync("/nowhere", join(units, "multi-user.target.wants/docker.service"));
    const after = {
      ...takeMachineState(home, units),
      containers: [...(before["containers"] ?? []), "acc1-gateway"],
    };
    expect(differences(before, after)).toEqual([
      "left in the home folder: .opencode",
      "left in the home folder's .cache: opencode",
      "left enabled at boot: multi-user.target.wants/docker.service",
      "left containers: acc1-gateway",
    ]);
  });
});

/** A shell in a network of its own, where nothing of this machine's firewall is touched. */
const isolated = (script: string) =>
  execFileSync("unshare", ["--net", "--mount", "bash", "-euo", "pipefail", "-c", script], {
    encoding: "utf8",
  });

const canIsolate =
  spawnSync("unshare", ["--net", "--mount", "iptables-save"]).status === 0 ? describe : describe.skip;

canIsolate("the firewall after an engine that the suite has started", () => {
  // As dockerd makes them.
  const DOCKER = `
    iptables -t nat -N DOCKER; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
    iptables -N DOCKER-USER; iptables -N DOCKER-FORWARD; iptables -A FORWARD -j DOCKER-USER
    iptables -A FORWARD -j DOCKER-FORWARD; iptables -P FORWARD DROP
    iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
    ip link add docker0 type bridge`;
  const OWN = "iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A FORWARD -i eth7 -j ACCEPT";
  const STATE = `iptables-save | grep -v '^#' | sed 's/ \\[.*//' | grep -vE '^\\*|^COMMIT|^:(PREROUTING|POSTROUTING|OUTPUT|INPUT) '; ls /sys/class/net`;

  it("is as it was before, with the rules of its owner", () => {
    const folder = join(temporaryFolder(), "network");
    const output = isolated(`
      mount -t sysfs none /sys
      ${OWN}
      (${STATE}) || true; echo ===
      bash ${ENGINE}/firewall.sh record ${folder}
      ${DOCKER}
      bash ${ENGINE}/firewall.sh restore ${folder}
      (${STATE}) || true`);
    const [before, after] = output.split("===\n");
    expect(before).toContain("--dport 22");
    expect(after).toBe(before);
  });

  it("keeps what an engine had made before", () => {
    const folder = join(temporaryFolder(), "network");
    const output = isolated(`
      mount -t sysfs none /sys
      ${DOCKER}
      bash ${ENGINE}/firewall.sh record ${folder}
      bash ${ENGINE}/firewall.sh restore ${folder}
      iptables-save; ls /sys/class/net`);
    expect(output).toContain("-A FORWARD -j DOCKER-USER");
    expect(output).toContain("docker0");
  });
});

describe("the installation of an engine", () => {
  it("starts nothing and enables nothing at boot, and puts the owner's policy back", () => {
    const root = temporaryFolder();
    mkdirSync(join(root, "wants"), { recursive: true });
    // The function as the script has it, on folders of this test.
    const text = readFileSync(join(ENGINE, "ensure-engine.sh"), "utf8");
    const functions = /^enabled_units\(\)[\s\S]*?^without_services\(\)[\s\S]*?^}$/m.exec(text)?.[0] ?? "";
    const here = functions
      .replaceAll("/etc/systemd/system/*.wants", `${root}/wants`)
      .replaceAll("/usr/sbin/policy-rc.d", `${root}/policy-rc.d`);
    writeFileSync(join(root, "policy-rc.d"), "of the owner");
    symlinkSync("/nowhere", join(root, "wants/ssh.service"));
    const output = execFileSync(
      "bash",
      [
        "-euo",
        "pipefail",
        "-c",
        `say() { echo "$*"; }\n${here}
         package() { ${root}/policy-rc.d docker start || echo "policy says $?"; ln -s /nowhere ${root}/wants/docker.service; }
         without_services package 2>&1; ls ${root}/wants; cat ${root}/policy-rc.d`,
      ],
      { encoding: "utf8" },
    );
    expect(output.split("\n")).toEqual([
      "policy says 101",
      "docker.service is not to start at boot: the package had enabled it",
      "ssh.service",
      "of the owner",
    ]);
  });
});
