import { isIP } from "node:net";
import { z } from "zod";

/** One address, or a range of them. */
function isAddressOrRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const mostBits = isIP(address) === 4 ? 32 : 128;
  const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= mostBits);
  return isIP(address) !== 0 && isRange && more.length === 0;
}

const isOrigin = (text: string) =>
  text === "*" || (!text.includes("*") && URL.canParse(text) && new URL(text).origin === text);

/** What of the gateway's own settings depends on where it runs. Without a value the gateway's default holds. */
export const GatewaySettings = z
  .strictObject({
    trustedProxies: z
      .array(
        z.string().refine(isAddressOrRange, { error: "must be an address or a range such as 10.0.0.0/8" }),
      )
      .default([])
      .describe(
        "Proxies in front of the gateway, whose `x-forwarded-for` names the client. Without it all their clients share what one address may have.",
      ),
    corsAllowedOrigins: z
      .array(
        z.string().refine(isOrigin, { error: "must be * or an origin such as https://chat.example.org" }),
      )
      .default([])
      .describe("Origins whose pages may call the gateway; `*` for all."),
    keepAliveSeconds: z
      .int()
      .min(1)
      .max(3600)
      .optional()
      .describe(
        "Between an answer and the next request of a connection; longer than at the balancer in front. @default - 55",
      ),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Connections of clients. @default - 5000"),
    maxAnswersInFlight: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe("Answers at the same time; more is refused with 503. @default - 2000"),
    maxBodyMegabytesInFlight: z
      .int()
      .min(32)
      .max(65_536)
      .optional()
      .describe(
        "Bodies in memory together, MiB; plan for three times that in `resources.gateway.memoryMegabytes`. @default - 128",
      ),
  })
  .prefault({})
  .describe("The AI gateway: proxies and pages that it trusts, and what it takes on at the same time.");
