import { setTimeout as sleep } from "node:timers/promises";

/** How long a gateway may take to learn of many keys, in ms. */
const KNOWN_MS = 60_000;

/** The parts of the gateway's management API that the bench uses. */
export class ManagementApi {
  constructor(
    private readonly url: string,
    private readonly masterKey: string,
  ) {}

  /** @returns the key itself */
  async generateKey(settings: Readonly<Record<string, unknown>>): Promise<string> {
    return ((await this.#post("/key/generate", settings)) as { key: string }).key;
  }

  /** Resolves when the change is acknowledged. */
  async blockKey(key: string): Promise<void> {
    await this.#post("/key/block", { key });
  }

  /** Whether the gateway takes the key now. */
  async isAccepted(key: string): Promise<boolean> {
    const response = await fetch(`${this.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    await response.arrayBuffer();
    return response.status === 200;
  }

  /** Waits until the gateway takes the key. */
  async untilKnown(key: string): Promise<void> {
    for (const end = Date.now() + KNOWN_MS; !(await this.isAccepted(key)); await sleep(50)) {
      if (Date.now() > end) throw new Error(`the gateway does not know a key after ${KNOWN_MS / 1000} s`);
    }
  }

  async #post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${this.masterKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
