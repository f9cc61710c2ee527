import type { MetricsRegistry } from "../../shared/metrics-registry";

/** How much a process takes on at the same time. */
export interface CapacityLimits {
  /** Answers that are being made. */
  readonly maxAnswers: number;
  /** Request bodies in memory, together, in bytes. */
  readonly maxBodyBytes: number;
}

/** Who a request is from. */
interface Holder {
  /** The key, admin token or master key. */
  readonly caller: string;
  /** Of the client's network. */
  readonly address: string;
}

/** What requests for models use, and what is kept for those that manage the gateway. */
type CapacityUse = "models" | "management";

/** For bodies of management calls, in bytes: a key can be blocked while other requests fill everything else. */
const MANAGEMENT_BYTES = 8 * 1024 * 1024;
/** Bodies of management calls that are on their way at the same time. */
const MANAGEMENT_BODIES = 64;
/** Places of a gateway that has too few of them to share out among models. */
const FEW_PLACES = 8;
/** Room for bodies that is left below which a gateway says that it is full, in bytes. */
const LEAST_BYTES = 1024 * 1024;

/**
 * Counts what requests hold, so that too many of them are refused instead of filling memory, and so that no single key or
 * address has all of it.
 */
export class Capacity {
  readonly #answers: FairShare;
  readonly #answersByModel = new DynamicShare();
  readonly #bodies: Readonly<Record<CapacityUse, BodyShares>>;

  /** @param largestBody that is accepted, in bytes: whoever is alone may have one */
  constructor(
    readonly limits: CapacityLimits,
    largestBody: number,
  ) {
    const { maxAnswers, maxBodyBytes } = limits;
    this.#answers = new FairShare(maxAnswers, mostOf(maxAnswers));
    this.#bodies = {
      models: new BodyShares(maxBodyBytes, largestBody, maxAnswers),
      management: new BodyShares(MANAGEMENT_BYTES, MANAGEMENT_BYTES / 2, MANAGEMENT_BODIES),
    };
  }

  get answers(): number {
    return this.#answers.taken;
  }

  /** Of all bodies in memory. */
  get bodyBytes(): number {
    return this.#bodies.models.bytes + this.#bodies.management.bytes;
  }

  /** Bodies that have not come to their end. */
  get bodiesUnderway(): number {
    return this.#bodies.models.underway + this.#bodies.management.underway;
  }

  /** Whether requests for models are refused at present. */
  get isFull(): boolean {
    const { maxAnswers, maxBodyBytes } = this.limits;
    const left = maxBodyBytes - this.#bodies.models.bytes;
    return this.answers >= maxAnswers || left < Math.min(LEAST_BYTES, maxBodyBytes / 16);
  }

  /** Whether `caller` could have an answer now. */
  hasAnswer(caller: string): boolean {
    return this.#answers.hasRoom(caller, 1);
  }

  /** @returns whether there was room */
  takeAnswer(caller: string): boolean {
    return this.#answers.take(caller, 1);
  }

  giveBackAnswer(caller: string): void {
    this.#answers.giveBack(caller, 1);
  }

  /**
   * A request that has a place tells its model, as soon as that is known. @returns a place of that model, to be given back with
   * the other one, or `undefined` when the model has its share, which is what is free: half of all places when it is alone
   */
  takeModelPlace(model: string): (() => void) | undefined {
    const { maxAnswers } = this.limits;
    if (maxAnswers < FEW_PLACES) return () => {};
    if (!this.#answersByModel.take(model, maxAnswers - this.answers)) return undefined;
    return () => this.#answersByModel.giveBack(model);
  }

  /** Where a request books what it keeps in memory; it holds nothing yet. */
  openRoom(holder: Holder, use: CapacityUse): BodyRoom {
    return new BodyRoom(this.#bodies[use], holder);
  }
}

/** What the body of one request, and what is made of it, holds of the memory for bodies. */
export class BodyRoom {
  #bytes = 0;
  #isUnderway = false;
  #isClosed = false;

  constructor(
    readonly shares: BodyShares,
    readonly holder: Holder,
  ) {}

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What one caller may hold, in bytes. */
  get most(): number {
    return this.shares.most;
  }

  /** Whether so much more would fit now. */
  hasRoom(bytes: number): boolean {
    return this.shares.hasRoom(this.holder, bytes);
  }

  /** The body begins to come. @returns whether one more may */
  begin(): boolean {
    if (this.#isClosed || this.#isUnderway || !this.shares.begin(this.holder)) return false;
    this.#isUnderway = true;
    return true;
  }

  /** The body is there, or no more of it is wanted. Later calls do nothing. */
  end(): void {
    if (!this.#isUnderway) return;
    this.#isUnderway = false;
    this.shares.end(this.holder);
  }

  /** Books bytes of memory until `release`. @returns whether there was room for all of them */
  take(bytes: number): boolean {
    if (this.#isClosed || !this.shares.take(this.holder, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives everything back. Later calls do nothing, and nothing can be booked any more. */
  release(): void {
    this.end();
    this.shares.giveBack(this.holder, this.#bytes);
    this.#bytes = 0;
    this.#isClosed = true;
  }
}

/** Memory for bodies, and how many may be on their way, in all, for each caller and for each address. */
class BodyShares {
  readonly #bytesByCaller: FairShare;
  readonly #bytesByAddress: FairShare;
  readonly #underwayByCaller: FairShare;
  readonly #underwayByAddress: FairShare;

  constructor(limitBytes: number, largestBody: number, limitBodies: number) {
    const share = (part: number) => Math.max(Math.floor(limitBytes * part), largestBody);
    this.#bytesByCaller = new FairShare(limitBytes, share(1 / 2));
    this.#bytesByAddress = new FairShare(limitBytes, share(3 / 4));
    this.#underwayByCaller = new FairShare(limitBodies, Math.ceil(limitBodies / 4));
    this.#underwayByAddress = new FairShare(limitBodies, Math.ceil(limitBodies / 2));
  }

  get bytes(): number {
    return this.#bytesByCaller.taken;
  }

  /** For one caller. */
  get most(): number {
    return Math.min(this.#bytesByCaller.limit, this.#bytesByCaller.share);
  }

  get underway(): number {
    return this.#underwayByCaller.taken;
  }

  hasRoom({ caller, address }: Holder, bytes: number): boolean {
    return this.#bytesByCaller.hasRoom(caller, bytes) && this.#bytesByAddress.hasRoom(address, bytes);
  }

  take({ caller, address }: Holder, bytes: number): boolean {
    if (!this.#bytesByCaller.take(caller, bytes)) return false;
    if (this.#bytesByAddress.take(address, bytes)) return true;
    this.#bytesByCaller.giveBack(caller, bytes);
    return false;
  }

  giveBack({ caller, address }: Holder, bytes: number): void {
    this.#bytesByCaller.giveBack(caller, bytes);
    this.#bytesByAddress.giveBack(address, bytes);
  }

  begin({ caller, address }: Holder): boolean {
    if (!this.#underwayByCaller.take(caller, 1)) return false;
    if (this.#underwayByAddress.take(address, 1)) return true;
    this.#underwayByCaller.giveBack(caller, 1);
    return false;
  }

  end({ caller, address }: Holder): void {
    this.#underwayByCaller.giveBack(caller, 1);
    this.#underwayByAddress.giveBack(address, 1);
  }
}

/**
 * Who of many holds how much of an amount, so that nobody keeps all others from it: a holder may have as much as is left free, as
 * switches share their buffers ("dynamic threshold"). One who wants everything gets a half, two get a third each, and there is
 * always something left for whoever holds nothing.
 */
export class DynamicShare {
  readonly #byHolder = new Map<string, number>();

  /** @param free of the whole amount, after this one is taken. @returns whether `holder` may take one more */
  take(holder: string, free: number): boolean {
    const held = (this.#byHolder.get(holder) ?? 0) + 1;
    if (held > free) return false;
    this.#byHolder.set(holder, held);
    return true;
  }

  giveBack(holder: string): void {
    const held = (this.#byHolder.get(holder) ?? 0) - 1;
    if (held > 0) this.#byHolder.set(holder, held);
    else this.#byHolder.delete(holder);
  }
}

/** An amount that many take of, and of which nobody may have all. Those who hold nothing are forgotten. */
export class FairShare {
  #taken = 0;
  readonly #byHolder = new Map<string, number>();

  /**
   * @param limit what all may have together
   * @param share what one holder may have
   */
  constructor(
    readonly limit: number,
    readonly share: number,
  ) {}

  /** What all have together. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether `holder` could take so much now. */
  hasRoom(holder: string, amount: number): boolean {
    return this.#taken + amount <= this.limit && (this.#byHolder.get(holder) ?? 0) + amount <= this.share;
  }

  /** @returns whether there was room for all of it */
  take(holder: string, amount: number): boolean {
    const held = this.#byHolder.get(holder) ?? 0;
    if (this.#taken + amount > this.limit || held + amount > this.share) return false;
    this.#taken += amount;
    this.#byHolder.set(holder, held + amount);
    return true;
  }

  /** @param amount of what `holder` took */
  giveBack(holder: string, amount: number): void {
    if (amount === 0) return;
    this.#taken -= amount;
    const held = (this.#byHolder.get(holder) ?? 0) - amount;
    if (held > 0) this.#byHolder.set(holder, held);
    else this.#byHolder.delete(holder);
  }
}

/** All but an eighth, which is left for others; where there are fewer than eight, all. */
export const mostOf = (limit: number): number => limit - Math.floor(limit / 8);

/** What may be in use at the same time, beside the gauges of what is. */
export function addLimitMetrics(
  registry: MetricsRegistry,
  { maxAnswers, maxBodyBytes, maxConnections }: CapacityLimits & { readonly maxConnections: number },
  capacity: Pick<Capacity, "isFull">,
): void {
  registry.gauge(
    "gateway_answer_places_limit",
    "Requests that may be answered at the same time.",
    () => maxAnswers,
  );
  registry.gauge("gateway_body_bytes_limit", "Request bodies that may be in memory.", () => maxBodyBytes);
  registry.gauge("gateway_connections_limit", "Connections that clients may have.", () => maxConnections);
  registry.gauge("gateway_full", "Whether requests for models are refused for want of room.", () =>
    Number(capacity.isFull),
  );
}
