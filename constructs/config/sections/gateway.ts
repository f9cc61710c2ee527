import { isIP } from "node:net";
import { z } from "zod";
import { type Fault, faultIssue } from "../finding";
import { networkOf } from "../subnets";

/** One address, or a range of them. */
function isAddressOrRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const mostBits = isIP(address) === 4 ? 32 : 128;
  const isRange = bits === undefined || (/^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= mostBits);
  // A zone (`fe80::1%eth0`) means something on one machine only.
  return isIP(address) !== 0 && !address.includes("%") && isRange && more.length === 0;
}

/** Proxies that are trusted to name the address of a client. */
const trustedProxy = z
  .string()
  .refine(isAddressOrRange, { error: "must be an address or a range such as 10.0.0.0/8", abort: true })
  .superRefine((text, context) => {
    const fault = proxyFault(text);
    if (fault !== undefined) context.addIssue(faultIssue(fault, text));
  });

function proxyFault(text: string): Fault | undefined {
  const [address, bits] = text.split("/");
  if (bits === "0") {
    return {
      problem: "trusts everyone, so any client could choose its own address",
      allowed: "proxies alone",
      remedy: "write their addresses, or a range such as 10.0.0.0/8",
    };
  }
  const network = networkOf(text);
  if (network === undefined || network === text) return undefined;
  return {
    problem: "is an address inside a range",
    allowed: "the range's own",
    remedy: `write ${network}, or ${address} for that address alone`,
  };
}

/** What a page on a host can have. Others (`{`, `,`, quotes) pass for parts of hosts as well, by the URL standard. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::\d+)?$/;

const isOrigin = (text: string) =>
  text === "*" || (ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text);

/** What of the gateway's own settings depends on where it runs. Without a value the gateway's default holds. */
export const GatewaySettings = z
  .strictObject({
    trustedProxies: z
      .array(trustedProxy)
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
