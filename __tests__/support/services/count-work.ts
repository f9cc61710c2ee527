/** Methods of lists that look at all of it. */
const METHODS = [
  "concat",
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "flatMap",
] as const;
const MORE = ["forEach", "includes", "indexOf", "join", "map", "reduce", "slice", "some", "sort"] as const;

/**
 * How much a function does with a value of JSON, whatever the machine is busy with: members of the value that it reads or lists, and
 * lists that it goes through, each with its length.
 */
export function countWork<Value extends object>(value: Value, run: (value: Value) => void): number {
  let work = 0;
  const seen = new WeakMap<object, object>();
  const watch = <Any>(any: Any): Any => {
    if (typeof any !== "object" || any === null) return any;
    const prototype = Object.getPrototypeOf(any);
    if (prototype !== Object.prototype && prototype !== Array.prototype) return any;
    const known = seen.get(any);
    if (known !== undefined) return known as Any;
    const watched = new Proxy(any, {
      get(target, name, receiver) {
        work += 1;
        return watch(Reflect.get(target, name, receiver));
      },
      ownKeys(target) {
        const keys = Reflect.ownKeys(target);
        work += keys.length;
        return keys;
      },
    });
    seen.set(any, watched);
    return watched;
  };
  const proto = Array.prototype as unknown as Record<string | symbol, (...args: unknown[]) => unknown>;
  const names = [...METHODS, ...MORE, Symbol.iterator];
  const originals = names.map((name) => proto[name]);
  names.forEach((name, index) => {
    const original = originals[index] as (...args: unknown[]) => unknown;
    proto[name] = function count(this: unknown[], ...args: unknown[]) {
      work += this.length;
      return original.apply(this, args);
    };
  });
  try {
    run(watch(value));
  } finally {
    for (let index = 0; index < names.length; index += 1)
      proto[names[index] as string] = originals[index] as (...args: unknown[]) => unknown;
  }
  return work;
}
