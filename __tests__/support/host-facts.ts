import { ACCESS_KEY } from "../../constructs/coder";

/** Values for the facts of the host, where a core plans a stack without a host: as environment variables. */
export const HOST_FACT_VARIABLES: Readonly<Record<string, string>> = {
  TF_VAR_docker_socket: "/var/run/docker.sock",
  TF_VAR_docker_socket_group: "998",
  TF_VAR_sluice_folder: "/srv/sluice",
  TF_VAR_ca_certificate: "certificate of an authority",
  TF_VAR_access_certificate: "certificate of the access host",
  [`TF_VAR_${ACCESS_KEY}`]: "planted-key-d0e7a1",
};
