import type { Agent } from "@cdktf/provider-coder/lib/agent";
import type { DataCoderWorkspace } from "@cdktf/provider-coder/lib/data-coder-workspace";
import type { DataCoderWorkspaceOwner } from "@cdktf/provider-coder/lib/data-coder-workspace-owner";
import { Metadata } from "@cdktf/provider-coder/lib/metadata";
import { Container } from "@cdktf/provider-docker/lib/container";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { WORKSPACES_LABEL } from "../engine-names";
import { literalText } from "../literal-text";
import { TerraformData } from "../terraform-data";
import { parameterValue } from "./parameters-file";
import type { TemplateVariable } from "./template-variables";

/** What the platform says about the container. */
export interface ContainerSettings {
  /** Models of the gateway that assistants offer. */
  readonly models: readonly { readonly name: string; readonly displayName: string }[];
  /** Value of `ai_model` → the model at the gateway, where they differ. */
  readonly modelAliases: Readonly<Record<string, string>>;
  /** Log rotation. */
  readonly logs: { readonly megabytes: number; readonly files: number };
}

interface ContainerParts extends ContainerSettings {
  readonly agent: Agent;
  readonly workspace: DataCoderWorkspace;
  readonly owner: DataCoderWorkspaceOwner;
}

/** The user's home in the container. */
export const HOME = "/home/coder";
/** Shared memory, MB: browsers that run tests crash with the engine's 64. It counts as memory of the container. */
const SHARED_MEMORY_MEGABYTES = 256;
/** Between the stop signal and the kill. */
const STOP_GRACE_SECONDS = 15;

const variable = (name: TemplateVariable) => `\${var.${name}}`;

/** The container of a running workspace and the volume of its home, which stays until the workspace is deleted. */
export function placeContainer(scope: Construct, parts: ContainerParts): void {
  const { agent, workspace, owner, logs } = parts;
  const labels = [
    { label: WORKSPACES_LABEL, value: variable("platform") },
    { label: "coder.workspace_id", value: workspace.id },
    { label: "coder.workspace_name", value: workspace.name },
    { label: "coder.owner", value: owner.name },
    { label: "coder.owner_id", value: owner.id },
  ];
  const home = new Volume(scope, "home", {
    name: `coder-${workspace.id}-home`,
    labels,
    // Whatever another version of the template says: another volume would be an empty home.
    lifecycle: { ignoreChanges: "all" },
  });
  const leftover = new TerraformData(scope, "leftover", {
    count: workspace.startCount,
    // With another token the container is replaced: what is there when this runs is none of the state's.
    triggersReplace: { token: agent.token },
    provisioners: [
      { type: "local-exec", command: REMOVE_LEFTOVER, environment: { WORKSPACE_ID: workspace.id } },
    ],
  });
  leftover.overrideLogicalId("leftover");
  // No restart by the engine: after a restart of the host it would start before the rules of the network are there.
  const container = new Container(scope, "workspace", {
    count: workspace.startCount,
    name: CONTAINER_NAME,
    // The name alone could be that of a service, such as litellm, which would lead the workspace to itself.
    hostname: `\${lower(${WORKSPACE})}-workspace`,
    image: variable("workspace_image"),
    user: "1000:1000",
    entrypoint: ["sh", "-c", INIT_SCRIPT],
    env: environment(parts),
    networksAdvanced: [{ name: variable("network") }],
    volumes: [{ containerPath: HOME, volumeName: home.name }],
    init: true,
    shmSize: SHARED_MEMORY_MEGABYTES,
    memory: Token.asNumber(MEMORY),
    memorySwap: Token.asNumber(MEMORY),
    // As the engine reads it back, with a decimal.
    cpus: `\${format("%.1f", tonumber(${parameterValue("cpu")}))}`,
    capabilities: { drop: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    logDriver: "json-file",
    logOpts: { "max-size": `${logs.megabytes}m`, "max-file": String(logs.files) },
    restart: "no",
    destroyGraceSeconds: STOP_GRACE_SECONDS,
    stopTimeout: STOP_GRACE_SECONDS,
    removeVolumes: false,
    labels,
    dependsOn: [leftover],
  });
  // The provider refuses an empty upload.
  container.addOverride("dynamic.upload", {
    for_each: '${var.ca_certificate == "" ? [] : [var.ca_certificate]}',
    content: { file: "/opt/sluice/ca.crt", content: "${upload.value}", permissions: "0444" },
  });
  addMetadata(scope, home, workspace);
}

/**
 * Run by Coder's provisioner. A build that was killed, such as with the host, leaves a container that no state has; by its name it would be in
 * the way of every start from then on.
 */
const REMOVE_LEFTOVER = `api() { curl -fsS --max-time 30 --unix-socket /var/run/docker.sock "$@"; }
api --get --data all=true --data-urlencode "filters={\\"label\\":[\\"coder.workspace_id=$WORKSPACE_ID\\"]}" http://docker/containers/json |
  grep -o '"Id":"[0-9a-f]*"' | cut -d '"' -f 4 |
  while read -r id; do api -X DELETE "http://docker/containers/$id?force=true"; done`;

const OWNER = "data.coder_workspace_owner.me.name";
const WORKSPACE = "data.coder_workspace.me.name";
const MEMORY = `\${tonumber(${parameterValue("memory")}) * 1024}`;

/** Names have no two dashes in a row: with them `a-b` and `c` differ from `a` and `b-c`. */
const CONTAINER_NAME = `\${lower("coder-\${${OWNER}}\${strcontains(${OWNER}, "-") ? "--" : "-"}\${${WORKSPACE}}")}`;

/** The agent is downloaded from, and connects to, Coder's address on the workspaces network: the access URL's certificate is not known yet. */
const INIT_SCRIPT =
  "${replace(coder_agent.main.init_script, data.coder_workspace.me.access_url, var.coder_internal_url)}";

function environment({ agent, workspace, owner, models, modelAliases }: ContainerParts): string[] {
  const model = parameterValue("ai_model");
  const fullName = `\${coalesce(data.coder_workspace_owner.me.full_name, ${OWNER})}`;
  const variables = {
    CODER_AGENT_TOKEN: agent.token,
    CODER_AGENT_URL: variable("coder_internal_url"),
    SLUICE_WORKSPACE_ID: workspace.id,
    SLUICE_WORKSPACE_NAME: workspace.name,
    SLUICE_OWNER: owner.name,
    SLUICE_GATEWAY_URL: `\${${parameterValue("ai_gateway_url")}}`,
    SLUICE_KEY_PROVISIONER_URL: variable("key_provisioner_url"),
    SLUICE_AI_ASSISTANT: `\${${parameterValue("ai_assistant")}}`,
    SLUICE_AI_MODEL: `\${lookup(${mapOf(modelAliases)}, ${model}, ${model})}`,
    SLUICE_ENFORCEMENT_LEVEL: `\${${parameterValue("ai_enforcement_level")}}`,
    SLUICE_MODELS: literalText(JSON.stringify(models)),
    SLUICE_REPOSITORY: `\${${parameterValue("repository")}}`,
    SLUICE_DOTFILES: `\${${parameterValue("dotfiles")}}`,
    GIT_AUTHOR_NAME: fullName,
    GIT_AUTHOR_EMAIL: owner.email,
    GIT_COMMITTER_NAME: fullName,
    GIT_COMMITTER_EMAIL: owner.email,
  };
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`);
}

function mapOf(entries: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(entries).map(
    ([key, value]) => `${JSON.stringify(key)} = ${JSON.stringify(value)}`,
  );
  return `{ ${pairs.join(", ")} }`;
}

/** What Coder's page shows about both. */
function addMetadata(scope: Construct, home: Volume, workspace: DataCoderWorkspace): void {
  new Metadata(scope, "home_metadata", {
    resourceId: home.id,
    icon: "/icon/folder.svg",
    item: [
      { key: "path", value: HOME },
      { key: "kept", value: "until the workspace is deleted" },
    ],
  }).overrideLogicalId("home");
  new Metadata(scope, "leftover_metadata", {
    count: workspace.startCount,
    resourceId: "${terraform_data.leftover[0].id}",
    hide: true,
    item: [{ key: "purpose", value: "removes what a killed build has left" }],
  }).overrideLogicalId("leftover");
  new Metadata(scope, "workspace_metadata", {
    count: workspace.startCount,
    resourceId: "${docker_container.workspace[0].id}",
    icon: "/icon/container.svg",
    item: [
      { key: "image", value: variable("workspace_image") },
      { key: "CPU cores", value: `\${${parameterValue("cpu")}}` },
      { key: "memory", value: `\${${parameterValue("memory")}} GiB` },
      { key: "AI model", value: `\${${parameterValue("ai_model")}}` },
    ],
  }).overrideLogicalId("workspace");
}
