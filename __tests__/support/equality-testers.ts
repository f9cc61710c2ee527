import { RawText } from "../../services/gateway/json/json-value";

declare global {
  namespace jest {
    interface Expect {
      /** Since Jest 29.4; not in the types yet. @param testers `undefined` leaves two values to the next one */
      addEqualityTesters(testers: readonly ((a: unknown, b: unknown) => boolean | undefined)[]): void;
    }
  }
}

// Where in memory a text stands makes no difference.
expect.addEqualityTesters([
  (a, b) => (a instanceof RawText && b instanceof RawText ? a.escaped === b.escaped : undefined),
]);
