import type { z } from "zod";
import { KEY_ANSWERS } from "./answers/keys";
import { PLATFORM_ANSWERS } from "./answers/platform";
import { SPEND_ANSWERS } from "./answers/spend";
import { USER_ANSWERS } from "./answers/users";

/** What each route of the management API answers with status 200. Routes of models have their providers' shapes. */
export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  ...KEY_ANSWERS,
  ...USER_ANSWERS,
  ...SPEND_ANSWERS,
  ...PLATFORM_ANSWERS,
};

/** The answer of a route. `undefined`: not described. @param url the route's pattern */
export function answerOf(method: string, url: string): z.ZodType | undefined {
  return ANSWERS[`${method} ${url}`];
}
