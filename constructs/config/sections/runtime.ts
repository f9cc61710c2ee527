import { z } from "zod";
import { SERVICES } from "../../service-catalog";
import { settingName } from "../../service-definition";
import { faultIssue } from "../finding";
import { privateNetworkFault } from "../subnets";

const resources = (memoryMegabytes: number) =>
  z
    .strictObject({
      memoryMegabytes: z
        .int()
        .min(64)
        .max(1_048_576)
        .default(memoryMegabytes)
        .describe("Hard memory limit, MB. There is no swap on top."),
      cpus: z.number().min(0.1).max(512).optional().describe("CPU limit, in cores. @default - none"),
    })
    .prefault({});

/** Resources per container. */
export const Resources = z
  .strictObject(
    Object.fromEntries(
      SERVICES.map((service) => [
        settingName(service),
        resources(service.memoryMegabytes).describe(`Container of the ${service.title}.`),
      ]),
    ),
  )
  .prefault({})
  .describe("Memory and CPU limits per container.");

const subnet = z
  .cidrv4({ error: "must be an IPv4 subnet such as 10.80.1.0/24" })
  .optional()
  .describe("IPv4 subnet. @default - chosen by Docker");

/** Docker networks. */
export const Networks = z
  .strictObject({
    edge: z.strictObject({ subnet }).prefault({}).describe("Services that people talk to."),
    data: z
      .strictObject({ subnet })
      .prefault({})
      .describe("Databases. Internal: no way in or out but through the services on it."),
    workspaces: z
      .strictObject({
        subnet: z
          .cidrv4({ error: "must be an IPv4 subnet such as 10.80.1.0/24", abort: true })
          .refine((text) => Number(text.split("/")[1]) >= 16 && Number(text.split("/")[1]) <= 28, {
            error: "must be a /16 to /28: one half is for services, the other for workspaces",
          })
          .optional()
          .describe(
            "IPv4 subnet, /16 to /28; the upper half is for workspaces. @default - a /20 of 10.200.0.0–10.249.255.255, by the platform's name",
          ),
        internet: z
          .boolean()
          .default(true)
          .describe("Whether workspaces may open connections to the internet (package registries, git)."),
        isolation: z
          .enum(["firewall", "none"], { error: "must be firewall or none" })
          .default("firewall")
          .describe(
            "firewall: workspaces reach our services and the internet, not each other, the host or private networks. none: for engines where nftables rules cannot be set (rootless, Docker Desktop); nothing is isolated.",
          ),
        allow: z
          .array(
            z
              .cidrv4({ error: "must be an IPv4 network such as 10.9.0.0/16", abort: true })
              .superRefine((text, context) => {
                const fault = privateNetworkFault(text);
                if (fault !== undefined) context.addIssue(faultIssue(fault, text));
              })
              .describe(
                "A private IPv4 network that workspaces may reach all the same, such as 10.9.0.0/16 of an internal git server. Has no effect with internet: false.",
              ),
          )
          .max(64)
          .default([])
          .describe("Private networks that workspaces may reach all the same."),
      })
      .prefault({})
      .describe("Workspaces, and the services they may use."),
  })
  .prefault({})
  .describe("Docker networks.");
