/** Public API of the constructs: the platform as a whole, and what it is made of. */
export { applyPlatformRules } from "./aspects";
export { CacheVolume } from "./cache-volume";
export { Coder, type CoderProps } from "./coder";
export { CoderBootstrap, type CoderBootstrapProps } from "./coder-bootstrap";
export { CoderStack, type CoderStackProps } from "./coder-stack";
export { ConfigError } from "./config/config-error";
export { DEFAULT_MODELS } from "./config/default-models";
export { loadPlatform, parsePlatform } from "./config/load";
export type { PlatformConfig } from "./config/schema";
export { type ContainerDefaults, setContainerDefaults } from "./container-defaults";
export { type BuiltImageProps, ContainerImage } from "./container-image";
export {
  ContainerService,
  type ContainerServiceProps,
  type FilesMount,
  type NetworkAttachment,
  type Upload,
} from "./container-service";
export { DataVolume } from "./data-volume";
export { type Database, externalDatabase } from "./database";
export { DeliveredFiles, type DeliveredFilesProps, type FileContents } from "./delivered-files";
export { DockerNetworks, type DockerNetworksProps } from "./docker-networks";
export { Gateway, type GatewayProps } from "./gateway";
export type { EnforcementRules, GuardrailRules, Model, Prices, Provider } from "./gateway-config";
export type { GatewaySettings } from "./gateway-settings";
export { type HealthCheck, httpHealthCheck } from "./health-check";
export { HostFact, type HostFactName } from "./host-fact";
export { KeyProvisioner, type KeyProvisionerProps } from "./key-provisioner";
export type { KeyPolicy, ScopeFigures, ScopeName } from "./key-provisioner-config";
export { Platform } from "./platform";
export { PlatformStack, type PlatformStackProps } from "./platform-stack";
export { Postgres } from "./postgres";
export { Secret } from "./secret";
export { type ContainerResources, Service, type ServiceParts, type ServiceProps } from "./service";
export type { ServiceDefinition } from "./service-definition";
export { CODER } from "./services/coder";
export { GATEWAY } from "./services/gateway";
export { KEY_PROVISIONER } from "./services/key-provisioner";
export { POSTGRES } from "./services/postgres";
export { WORKSPACE_FIREWALL } from "./services/workspace-firewall";
export { CODER_STACK, PLATFORM_STACK } from "./stack-id";
export {
  type SynthesizedTemplate,
  synthesizeWorkspaceTemplate,
  type TemplateConfig,
} from "./workspace/synthesize";
export { type WorkspaceTemplateProps, WorkspaceTemplateStack } from "./workspace/template-stack";
export { type ServiceEndpoint, WorkspaceFirewall, type WorkspaceFirewallProps } from "./workspace-firewall";
export { type WorkspaceExtension, type WorkspaceImageProps, workspaceImage } from "./workspace-image";
export { type NetworkPlan, planWorkspaceNetwork } from "./workspace-network-plan";
