import { NODE_IMAGE } from "../../../constructs/service-catalog";
import { docker } from "./docker";

/** Starts what stands for the provider, as the container `<platform>-upstream`, on the network through which the gateway reaches providers. */
export function startUpstream(platform: string): void {
  docker(
    ...["run", "--detach", "--name", `${platform}-upstream`],
    ...["--network", `${platform}-edge`, "--network-alias", "fake-anthropic"],
    ...["--volume", `${__dirname}:/upstream:ro`, NODE_IMAGE, "node", "/upstream/fake-anthropic.cjs"],
  );
}
