/** `max_connections` of the server, as the image has it. */
const MAX_CONNECTIONS = 100;
/** `superuser_reserved_connections`: for who looks after the server when all others are taken. */
const RESERVED = 3;

/** The connections of a Postgres server, given out to roles so that all limits together can be had. */
export class ConnectionBudget {
  #left = MAX_CONNECTIONS - RESERVED;

  /** @throws Error when the server has not as many left */
  take(role: string, connections: number): number {
    if (!Number.isInteger(connections) || connections < 1) {
      throw new Error(`the role ${role} must have a whole number of connections from 1, got ${connections}`);
    }
    if (connections > this.#left) {
      throw new Error(
        `the role ${role} wants ${connections} connections, and of the server's ${MAX_CONNECTIONS - RESERVED} only ${this.#left} are left; remedy: give each role fewer`,
      );
    }
    this.#left -= connections;
    return connections;
  }
}
