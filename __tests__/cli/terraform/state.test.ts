import { mkdirSync, writeFileSync } from "node:fs";
import { stateFile, stateFolder } from "../../../cli/sluice-home";
import { readState } from "../../../cli/terraform/state";
import { temporaryFolder } from "../../support/temporary-folder";

const container = (name: string, service: string, volumes: unknown[] = []) => ({
  mode: "managed",
  type: "docker_container",
  name: `sluice_${service}`,
  instances: [
    {
      schema_version: 2,
      attributes: {
        name: `${name}-${service}`,
        labels: [
          { label: "sluice.baseline", value: "5f2c" },
          { label: "sluice.platform", value: name },
        ],
        volumes,
      },
    },
  ],
});
const network = (name: string) => ({
  mode: "managed",
  type: "docker_network",
  name: "edge",
  instances: [{ attributes: { name, labels: [] } }],
});
const volume = (name: string) => ({
  mode: "managed",
  type: "docker_volume",
  name: "files",
  instances: [{ index_key: "gateway", attributes: { name } }],
});

/** A home whose state file holds `state`. */
function homeWith(state: unknown): string {
  const home = temporaryFolder();
  mkdirSync(stateFolder(home));
  writeFileSync(stateFile(home), typeof state === "string" ? state : JSON.stringify(state));
  return home;
}
const version4 = (resources: unknown[], outputs = {}) => ({ version: 4, serial: 1, outputs, resources });

describe("readState", () => {
  it.each([
    ["there is no home", () => "/nowhere/home"],
    ["there is no state", () => temporaryFolder()],
    ["Terraform has made the file and written nothing yet", () => homeWith("")],
    ["everything is destroyed", () => homeWith(version4([]))],
  ])("says that nothing is deployed when %s", (_what, home) => {
    expect(readState(home())).toBeUndefined();
  });

  it("tells name, outputs and resources of what is deployed", () => {
    const home = homeWith(
      version4([container("team", "gateway"), volume("team-gateway-files")], {
        gateway_url: { value: "http://localhost:4000", type: "string" },
        data_volumes: { value: ["team-postgres-data"], type: ["list", "string"] },
        hidden: { value: "planted", type: "string", sensitive: true },
      }),
    );
    expect(readState(home)).toMatchObject({
      file: stateFile(home),
      name: "team",
      outputs: { gateway_url: "http://localhost:4000", data_volumes: ["team-postgres-data"] },
      dataVolumes: ["team-postgres-data"],
    });
    expect(JSON.stringify(readState(home)?.outputs)).not.toContain("planted");
    expect(readState(home)?.resources.map(({ address }) => address)).toEqual([
      "docker_container.sluice_gateway",
      'docker_volume.files["gateway"]',
    ]);
  });

  it("finds name and data volumes of an apply that was interrupted before its outputs", () => {
    const mounts = [
      { volume_name: "team-postgres-data", container_path: "/data" },
      { volume_name: "team-postgres-files", container_path: "/etc/sluice" },
      { volume_name: "", host_path: "/x", container_path: "/x" },
    ];
    const postgres = container("team", "postgres", mounts);
    expect(
      readState(homeWith(version4([network("team-edge"), postgres, volume("team-postgres-files")]))),
    ).toMatchObject({
      name: "team",
      dataVolumes: ["team-postgres-data"],
    });
    expect(readState(homeWith(version4([network("my-team-edge")])))).toMatchObject({
      name: "my-team",
      dataVolumes: [],
    });
  });

  it("does not know a name where only images are left", () => {
    const image = { mode: "managed", type: "docker_image", name: "node", instances: [{ attributes: {} }] };
    expect(readState(homeWith(version4([image])))).toMatchObject({ name: undefined });
  });

  it.each([
    ["half a file", '{"version": 4, "resou'],
    ["another version", '{"version": 5}'],
    ["something else", '["a"]'],
    [
      "an encrypted state",
      '{"serial": 1, "lineage": "x", "encrypted_data": "…", "encryption_version": "v0"}',
    ],
  ])("does not take a damaged state for an empty one: %s", (_what, text) => {
    const home = homeWith(text);
    expect(() => readState(home)).toThrow(`the state ${stateFile(home)} is damaged`);
    expect(() => readState(home)).toThrow(/restore it from your backup, or from .*\.backup/);
  });
});
