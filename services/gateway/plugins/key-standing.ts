import fp from "fastify-plugin";
import { blockedKey, expiredKey } from "../errors";
import type { Clock } from "../ports/clock";

/** Refuses keys that are known but not valid. After `audit`, so that the refusal is recorded. */
export const keyStanding = fp<{ clock: Clock }>(
  async (app, { clock }) => {
    app.addHook("onRequest", ({ caller }, _reply, done) => {
      if (caller?.kind !== "key") {
        done();
        return;
      }
      const { isBlocked, expiresAt, keyName } = caller.key;
      if (isBlocked) throw blockedKey();
      if (expiresAt !== null && expiresAt.getTime() <= clock.now()) throw expiredKey(keyName, expiresAt);
      done();
    });
  },
  { name: "key-standing", dependencies: ["auth", "audit"] },
);
