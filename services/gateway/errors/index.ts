/** Every answer other than the one asked for, by what it is about. */
export * from "./access";
export * from "./availability";
export * from "./gateway-error";
export * from "./keys";
export * from "./models";
export * from "./requests";
export * from "./spending";
