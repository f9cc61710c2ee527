/**
 * The one table of base images. Exact tags here are the defaults of `images:` in platform.yaml;
 * a digest (`…@sha256:…`) or a mirror goes there.
 *
 * Postgres stays on major 17: version 18 moved its data folder, see docker-library/postgres#1259.
 */
export const IMAGES = {
  postgres: "postgres:17.7-bookworm",
  redis: "redis:7.4.7-bookworm",
  node: "node:22.21.1-bookworm-slim",
} as const;
