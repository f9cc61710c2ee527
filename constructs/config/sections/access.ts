import { isIPv4 } from "node:net";
import { z } from "zod";
import { SERVICES } from "../../service-catalog";
import { hostPorts } from "../../service-definition";
import { overlap } from "../subnets";

/** RFC 1123 host name, or an IPv4 address. */
const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const HOST_ERROR = "must be a host name or an IPv4 address, without scheme, port or path";

/** A host that ends with a number is an address, whole and of one machine. */
const isNameOrAddress = (text: string) =>
  !/(^|\.)(\d+|0x[0-9a-f]*)$/i.test(text) || (isIPv4(text) && isOfOneMachine(text));

const isOfOneMachine = (address: string) =>
  !["0.0.0.0/8", "224.0.0.0/3"].some((network) => overlap(network, `${address}/32`)) && !/^ff/i.test(address);

const pemFile = (what: string) =>
  z
    .string()
    .min(1, { error: "must be the path of a PEM file" })
    .describe(`${what}, as PEM. Relative to the project, or absolute.`);

/** How people reach the platform. */
export const Access = z
  .strictObject({
    host: z
      .string()
      .regex(HOST, { error: HOST_ERROR, abort: true })
      .refine(isNameOrAddress, { error: HOST_ERROR })
      .default("localhost")
      .describe("Host name that people type. It ends up in URLs and certificates."),
    certificate: z
      .strictObject({
        certificateFile: pemFile("The server's certificate, then those between it and the authority"),
        keyFile: pemFile("Its private key, unencrypted"),
        caFile: pemFile(
          "The authority's certificate, where systems do not trust it by themselves",
        ).optional(),
      })
      .optional()
      .describe(
        "A certificate of your own for the access host and coder.wildcardHost. @default - Sluice makes one, see sluice certs",
      ),
  })
  .prefault({})
  .describe("How people reach the platform.");

const ADDRESS_ERROR = "must be an IP address of this host";

/** Who may open a published port. */
export const Exposure = z
  .strictObject({
    address: z
      .union([z.ipv4(), z.ipv6()], { error: ADDRESS_ERROR })
      .refine((text) => text === "0.0.0.0" || isOfOneMachine(text), { error: ADDRESS_ERROR })
      .default("127.0.0.1")
      .describe(
        "Address that published ports listen on. 127.0.0.1 keeps the platform on this machine; 0.0.0.0 opens it to the network.",
      ),
  })
  .prefault({})
  .describe("Who may open a published port.");

/** Host ports of the services that are published. Each number once. */
export const Ports = z
  .strictObject(
    Object.fromEntries(
      SERVICES.flatMap((service) =>
        hostPorts(service).map(({ setting, host, isTls }, _, all) => {
          const protocol = all.length === 1 ? "" : isTls ? ", TLS" : ", HTTP";
          const port = z
            .int()
            .min(1024)
            .max(65535)
            .default(host)
            .describe(`Host port of the ${service.title}${protocol}.`);
          return [setting, port];
        }),
      ),
    ),
  )
  .prefault({})
  .describe("Host ports; each number once, from 1024 to 65535.");
