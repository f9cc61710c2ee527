import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ContainerImage } from "./container-image";
import { ContainerService } from "./container-service";
import { DataVolume } from "./data-volume";
import { DeliveredFiles } from "./delivered-files";
import { SECRETS_DIRECTORY } from "./files-directory";
import type { Secret } from "./secret";

/** Props of `Redis`. */
export interface RedisProps {
  readonly image: ContainerImage;
  /** Network that services share with the server. It should be internal. */
  readonly network: Network;
  readonly password: Secret;
  /** Container limit. The data may take three quarters of it. */
  readonly memoryMegabytes: number;
  /** @default - no limit */
  readonly cpus?: number;
}

/** Redis with a password, an append-only file, and `noeviction`: queues live here, so a full server must refuse, not forget. */
export class Redis extends Construct {
  /** Host name on `network`. */
  readonly host = "redis";
  readonly port = 6379;
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: RedisProps) {
    super(scope, id);
    const { image, network, password, memoryMegabytes, cpus } = props;
    const files = new DeliveredFiles(this, "files", {
      service: "redis",
      image,
      reader: "redis",
      secrets: { REDIS_PASSWORD: password },
    });
    this.ready = new ContainerService(this, "server", {
      name: "redis",
      image,
      networks: [{ network, aliases: [this.host] }],
      memoryMegabytes,
      cpus,
      // Plain `redis-cli ping` exits 0 even when it is refused.
      lifetime: {
        service: {
          test: ["CMD-SHELL", `REDISCLI_AUTH=$(cat ${PASSWORD_FILE}) redis-cli ping | grep -q PONG`],
          intervalSeconds: 2,
          retries: 15,
        },
      },
      user: "redis",
      // The configuration comes on standard input: an argument with the password would show in `ps` and `docker inspect`.
      entrypoint: ["sh", "-ec", startScript(Math.floor(memoryMegabytes * 0.75))],
      // It reads its password at the start only.
      files: { from: files, onChange: "replace" },
      volumes: { "/data": new DataVolume(this, "data") },
      stopGraceSeconds: 30,
    }).container;
  }
}

const PASSWORD_FILE = `${SECRETS_DIRECTORY}/REDIS_PASSWORD`;

function startScript(maxMemoryMegabytes: number): string {
  // Without a password it must not start.
  return `password=$(cat ${PASSWORD_FILE})
[ -n "$password" ]
exec redis-server - <<CONFIG
bind * -::*
protected-mode yes
requirepass $password
dir /data
appendonly yes
appendfsync everysec
maxmemory ${maxMemoryMegabytes}mb
maxmemory-policy noeviction
CONFIG
`;
}
