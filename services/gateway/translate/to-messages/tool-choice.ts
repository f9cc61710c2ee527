/** What the client says about calling tools, in any wire API. */
export type ToolChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "required" }
  | {
      readonly kind: "tool";
      /** The client's. */
      readonly name: string;
      /** Where the name stands in the request. */
      readonly path: string;
    };

/** The choice, and the tools that it is made from. */
export interface ToolSelection {
  /** @default - the model decides */
  readonly choice: ToolChoice | undefined;
  /** The client's names of the only tools that may be called, and where they stand. @default - all */
  readonly allowed?: readonly { readonly name: string; readonly path: string }[] | undefined;
  /** Whether several tools may be called at once. */
  readonly isParallel: boolean;
}
