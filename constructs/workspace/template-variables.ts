/** Variables of the template: what differs between versions of it only by the platform that it runs on. */
export const TEMPLATE_VARIABLES = {
  workspace_image: { description: "Image of the workspaces, as the engine knows it." },
  network: { description: "Docker network of the workspaces." },
  platform: { description: "Name of the platform, for labels." },
  coder_internal_url: { description: "Coder, as workspaces reach it." },
  key_provisioner_url: { description: "Key-provisioner, as workspaces reach it." },
  ca_certificate: {
    description: "Certificate authority that workspaces trust as well, in PEM form. Empty: none.",
    default: "",
  },
} as const;

/** Name of a variable of the template. */
export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
