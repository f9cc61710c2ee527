import { join } from "node:path";

/** Where the start-up program finds and puts things. */
export interface Places {
  /** The user's home, a volume that outlives the container. */
  readonly home: string;
  /** Generated at each start, gone with the container: what programs of the image refer to without knowing the home. */
  readonly state: string;
  /** What the image has for this program. */
  readonly image: string;
  /** Certificate authorities that the image trusts. */
  readonly systemCertificates: string;
  /** The platform's own certificate authority; absent where it needs none. */
  readonly platformCertificate: string;
  /** The log that the guides name. Coder's agent makes it; elsewhere it is a link to ours. */
  readonly coderLog: string;
}

/** The places in a container of the image. */
export function placesIn(home: string): Places {
  return {
    home,
    state: "/var/lib/sluice",
    image: "/opt/sluice",
    systemCertificates: "/etc/ssl/certs/ca-certificates.crt",
    platformCertificate: "/opt/sluice/ca.crt",
    coderLog: "/tmp/coder-startup-script.log",
  };
}

/** The key of the workspace, and nothing else; its folder is closed to others. */
export const keyFile = ({ home }: Pick<Places, "home">): string => join(home, ".config/ai-gateway/key");

/** What login shells set, in shell syntax, without secrets. */
export const environmentFile = ({ state }: Pick<Places, "state">): string => join(state, "environment");

/** What went wrong at the last start, for terminals; absent when nothing did. */
export const problemsFile = ({ state }: Pick<Places, "state">): string => join(state, "problems");

/** The platform's and the system's certificate authorities together. */
export const certificateBundle = ({ state }: Pick<Places, "state">): string => join(state, "ca-bundle.crt");

/** Instructions for the assistants that read a file. */
export const instructionsFile = ({ state }: Pick<Places, "state">): string => join(state, "instructions.md");

/** Where code-server keeps its settings. */
export const editorData = ({ home }: Pick<Places, "home">): string => join(home, ".local/share/code-server");

/** What the IDE opens, and where a repository is cloned into. */
export const projectsFolder = ({ home }: Pick<Places, "home">): string => join(home, "workspace");
