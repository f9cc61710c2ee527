import { WorkInProgress } from "../../../cli/terraform/work-in-progress";

describe("WorkInProgress", () => {
  it("knows what has begun and has not ended, also from lines that come in pieces and in colour", () => {
    const work = new WorkInProgress();
    work.read("docker_network.edge: Creating...\ndocker_container.redis: Destr");
    work.read("oying... [id=1]\n\x1b[0m\x1b[1mdocker_container.gateway: Modifying...\x1b[0m\n");
    expect(work.addresses).toEqual([
      "docker_network.edge",
      "docker_container.redis",
      "docker_container.gateway",
    ]);
    work.read("docker_network.edge: Creation complete after 1s [id=2]\n");
    work.read("docker_container.redis: Destruction complete after 1s\n");
    work.read("docker_container.gateway: Still modifying... [10s elapsed]\n");
    expect(work.addresses).toEqual(["docker_container.gateway"]);
  });
});
