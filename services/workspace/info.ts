import { homedir } from "node:os";
import { placesIn } from "./container/places";
import { describeTopic, TOPICS } from "./metadata/key-info";

/** `workspace-info budget|level|gateway`: one line for the metadata of Coder's agent. */
async function main(): Promise<void> {
  const topic = TOPICS.find((name) => name === process.argv[2]);
  if (topic === undefined) {
    console.error(`usage: workspace-info ${TOPICS.join("|")}`);
    process.exitCode = 2;
    return;
  }
  const { SLUICE_GATEWAY_URL: gatewayUrl, SLUICE_KEY_PROVISIONER_URL: keyProvisionerUrl } = process.env;
  console.log(await describeTopic(topic, { places: placesIn(homedir()), gatewayUrl, keyProvisionerUrl }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
