import type { KeyStore, VirtualKey } from "../ports/key-store";

/** The keys of a user, oldest first. */
export function keysOfUser(keys: KeyStore, userId: string): VirtualKey[] {
  const owned: VirtualKey[] = [];
  for (const key of keys.all()) if (key.userId === userId) owned.push(key);
  return owned.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/**
 * The key that stands for a user as a whole: one whose alias is the user's id. Set-up scripts make one such key for
 * each user and put the user's budget on it, so that a change of the user's budget or spend must reach it as well.
 */
export function keyStandingFor(keys: KeyStore, userId: string): VirtualKey | undefined {
  const key = keys.findByAlias(userId);
  return key?.userId === userId ? key : undefined;
}
