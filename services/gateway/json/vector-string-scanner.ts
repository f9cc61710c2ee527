import { StringScanner } from "./scan";
import { SCAN_STRING_WASM } from "./scan-string-wasm";

const PAGE_BYTES = 64 * 1024;
/** Where the body begins in the module's memory; flags stand before it. */
const BODY_START = 16;
/** Zeros after the body, which the module reads as the end of it. */
const PADDING_BYTES = 128;
/** Memory of the module never shrinks, so larger bodies are not put there. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** What `scan-string.wat` exports. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  scan(start: number): number;
}

/** A part of every engine; only the types for browsers describe it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

// Not `module`: files of CommonJS have that name already.
const loaded = load();
let memory = loaded === undefined ? new Uint8Array(0) : new Uint8Array(loaded.memory.buffer);

/**
 * Does what `StringScanner` does, with vector instructions: on long strings several times as fast. It is ours
 * because Node exposes none, and simdjson would be a native addon that returns decoded values. All scanners share
 * one memory, so one must have done its work before the next is made.
 */
export class VectorStringScanner {
  readonly #bytes: Buffer;
  readonly #module: Module;

  private constructor(bytes: Buffer, module: Module) {
    this.#bytes = bytes;
    this.#module = module;
    memory.set(bytes, BODY_START);
    memory.fill(0, BODY_START + bytes.length, sizeFor(bytes));
  }

  /** @returns `undefined` where the processor has no such instructions, for very large bodies, and where memory is short */
  static of(bytes: Buffer): VectorStringScanner | undefined {
    if (loaded === undefined || bytes.length > MAX_BODY_BYTES) return undefined;
    if (memory.length < sizeFor(bytes) && !growTo(sizeFor(bytes), loaded)) return undefined;
    return new VectorStringScanner(bytes, loaded);
  }

  /** Whether the last string has a backslash. */
  get hasEscape(): boolean {
    return memory[0] !== 0;
  }

  /** Whether the last string may have bytes above 0x7f. */
  get mayBeWide(): boolean {
    return memory[1] !== 0;
  }

  /** Like `StringScanner.scan`. @throws JsonSyntaxError */
  scan(start: number): number {
    const end = this.#module.scan(start + BODY_START);
    // What exactly is wrong is found by the scanner that looks at each byte.
    return end < 0 ? new StringScanner(this.#bytes).scan(start) : end - BODY_START;
  }
}

/** Memory that a body takes. */
function sizeFor(bytes: Buffer): number {
  return BODY_START + bytes.length + PADDING_BYTES;
}

/** @returns whether there is so much memory now */
function growTo(size: number, { memory: owned }: Module): boolean {
  try {
    owned.grow(Math.ceil((size - memory.length) / PAGE_BYTES));
  } catch {
    return false;
  }
  memory = new Uint8Array(owned.buffer);
  return true;
}

function load(): Module | undefined {
  try {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(Buffer.from(SCAN_STRING_WASM, "base64")),
    );
    return exports as Module;
  } catch {
    return undefined;
  }
}
