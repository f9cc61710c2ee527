import { AsyncLocalStorage } from "node:async_hooks";
import { TestEnvironment } from "jest-environment-node";

/** Those that were used since the last test file ended. */
const used = new Set<AsyncLocalStorage<unknown>>();

const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (
  this: AsyncLocalStorage<unknown>,
  ...args: Parameters<typeof run>
) {
  used.add(this);
  return run.apply(this, args);
} as typeof run;

/**
 * Node, with an end to what jest leaves on: for each file it makes an `AsyncLocalStorage` of its own and never disables it, and
 * before Node 24 each promise asks all of them. After a hundred files promises take several times as long.
 */
export default class Environment extends TestEnvironment {
  override async teardown(): Promise<void> {
    await super.teardown();
    for (const storage of used) storage.disable();
    used.clear();
  }
}
