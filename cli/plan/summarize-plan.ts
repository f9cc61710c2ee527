import { SECRETS_OUTPUT } from "../../constructs/stack-id";
import { shown, transition } from "./attribute-values";
import type { ChangeAction, ChangeDetail, ChangeSummary, ObjectChange } from "./change-summary";
import { attributeName, changedAttributes, describeAttributes, reachOf } from "./container-changes";
import { findDataRisks, holdsNoData } from "./data-risks";
import { type DeliveredFile, deliveredFiles } from "./delivered-files";
import { containerService, type ObjectNames, objectNames } from "./object-names";
import { attributes, type PlanJson, type PlannedChange, type ResourceChange, type Values } from "./plan-json";
import { redactor } from "./redact";

/**
 * A plan in words, by service: what changes, what it means for who uses the platform, what happens to data. Every change of
 * the plan is in it; what has no words of its own is told by its attributes. No value that Terraform holds for sensitive
 * is in it.
 *
 * @param plan of `terraform show -json`, see `readPlan`
 * @param lostVolumes data volumes that the platform had and the engine has no more; a plan does not know
 */
export function summarizePlan(plan: PlanJson, lostVolumes: readonly string[] = []): ChangeSummary {
  const names = objectNames(plan);
  const pending = (plan.resource_changes ?? []).filter(isPending);
  const replaced = new Set(pending.filter(isReplaced).map(({ change }) => containerService(change)));
  const gone = new Set(
    (plan.resource_drift ?? [])
      .filter(({ change }) => change.actions.includes("delete"))
      .map(({ address }) => address),
  );
  const delivered = deliveries(plan);
  const changes = [
    ...pending.map((resource) => describeObject(resource, { names, replaced, gone, delivered, lostVolumes })),
    ...outputChanges(plan),
  ];
  return redactor(plan)({
    changes: changes.sort((a, b) => compare(a.service, b.service) || compare(a.address, b.address)),
    risks: findDataRisks(plan, names, lostVolumes),
  });
}

interface Context {
  readonly names: ObjectNames;
  /** Services whose container is made anew. */
  readonly replaced: ReadonlySet<string | undefined>;
  /** Addresses of what somebody else removed. */
  readonly gone: ReadonlySet<string>;
  /** Data volumes that the engine has no more. */
  readonly lostVolumes: readonly string[];
  /** By service what is delivered to it. */
  readonly delivered: ReadonlyMap<string, ReadonlyMap<string, DeliveredFile>>;
}

/** Ends the name of the container that delivers files to a service. */
const DELIVERY = /^(.+)-files$/;

function deliveries(plan: PlanJson): Context["delivered"] {
  const found = new Map<string, ReadonlyMap<string, DeliveredFile>>();
  for (const { type, change } of plan.resource_changes ?? []) {
    const service =
      type === "docker_container" ? DELIVERY.exec(containerService(change) ?? "")?.[1] : undefined;
    if (service !== undefined) found.set(service, deliveredFiles(attributes(change.after)["upload"]));
  }
  return found;
}

function isPending({ change, previous_address: moved }: ResourceChange): boolean {
  return (
    moved !== undefined ||
    change.importing !== undefined ||
    !change.actions.every((action) => action === "no-op")
  );
}

function isReplaced({ type, change }: ResourceChange): boolean {
  return type === "docker_container" && change.actions.includes("create");
}

function actionOf({ actions }: PlannedChange): ChangeAction {
  if (actions.includes("create")) return actions.includes("delete") ? "replace" : "create";
  if (actions.includes("delete")) return "delete";
  if (actions.includes("forget")) return "forget";
  return actions.includes("read") ? "read" : "update";
}

function describeObject(resource: ResourceChange, context: Context): ObjectChange {
  const { address, type, change } = resource;
  const action = actionOf(change);
  const delivered = context.delivered.get(containerService(change) ?? "") ?? new Map<string, DeliveredFile>();
  const told =
    action === "create" || action === "delete" ? [] : describeAttributes(resource, context.names, delivered);
  const details = [...whyDetails(resource, context), ...told];
  if (action === "update" && details.length === 0) {
    details.push({ attributes: [], text: "nothing that shows: the state is brought up to date" });
  }
  const common = { address, action };
  const values = attributes(change.after ?? change.before);
  const name = typeof values["name"] === "string" ? values["name"] : undefined;
  const base = { ...common, details: action === "create" ? [...details, ...firstValues(resource)] : details };
  if (type === "docker_container") return describeContainer(resource, base, context);
  if (type === "docker_image" && name !== undefined)
    return { ...base, kind: "image", ...imageWords(name, action) };
  if (type === "docker_network" && name !== undefined) {
    return { ...base, kind: "network", service: `network ${name}`, effect: networkEffect(action) };
  }
  if (type === "docker_volume" && name !== undefined) {
    const isLost = change.actions.includes("delete") && !name.endsWith("-files");
    return {
      ...base,
      kind: "volume",
      service: `volume ${name}`,
      effect: PLAIN_EFFECTS[action],
      ...(isLost ? { data: "WHAT IS IN IT IS LOST" } : {}),
    };
  }
  const inCoder = coderWords(type, values, action);
  if (inCoder !== undefined) return { ...base, kind: "other", ...inCoder };
  if (type === "setting") return { ...base, kind: "setting", ...settingWords(resource, action) };
  const effect = action === "update" ? "changes" : PLAIN_EFFECTS[action];
  return { ...base, kind: "other", service: address, effect };
}

/** What the platform keeps in Coder, and the step that makes it possible. */
function coderWords(type: string, values: Values, action: ChangeAction) {
  if (type === "terraform_data") {
    return {
      service: "coder bootstrap",
      effect: action === "delete" ? PLAIN_EFFECTS.delete : "Coder is set up",
    };
  }
  if (type === "coderd_user") {
    const effect =
      action === "replace" ? "replaced: Coder refuses while the user has workspaces" : PLAIN_EFFECTS[action];
    return { service: `user ${String(values["username"])} in Coder`, effect };
  }
  if (type !== "coderd_template") return undefined;
  const effect =
    action === "update" ? "changes; workspaces get it at their next update" : PLAIN_EFFECTS[action];
  return { service: `workspace template ${String(values["name"])}`, effect };
}

/** What a synthesized stack holds besides resources. */
function settingWords({ address, change }: ResourceChange, action: ChangeAction) {
  const effect = action === "update" ? "changes" : PLAIN_EFFECTS[action];
  const [section, name] = address.split(".");
  const isSecret = [change.before, change.after].some((values) => attributes(values)["sensitive"] === true);
  if (section !== "variable" || !isSecret) return { service: address, effect };
  return {
    service: `secret ${name}`,
    effect: action === "create" ? "new: the next deploy needs its value" : effect,
  };
}

const PLAIN_EFFECTS: Readonly<Record<ChangeAction, string>> = {
  create: "new",
  update: "changes in place",
  replace: "replaced",
  delete: "removed",
  forget: "left as it is, no longer managed",
  read: "read when it is applied",
};

type Base = Pick<ObjectChange, "address" | "action" | "details">;

function describeContainer(
  { change }: ResourceChange,
  base: Base,
  { replaced, lostVolumes }: Context,
): ObjectChange {
  const service = containerService(change) ?? base.address;
  const delivered = DELIVERY.exec(service)?.[1];
  if (delivered !== undefined) {
    const details = base.action === "create" ? [] : base.details;
    return {
      ...base,
      details,
      kind: "files",
      service: delivered,
      effect: deliveryEffect(base.action, replaced.has(delivered)),
    };
  }
  const { must_run: mustRun, restart } = attributes(change.after ?? change.before);
  const isJob = mustRun === false && restart === "no";
  const volumes = volumesOf(change.before ?? change.after);
  const after = volumesOf(change.after);
  const kept = volumes.filter((volume) => after.includes(volume));
  const list = (names: readonly string[]) =>
    `${names.length === 1 ? "volume" : "volumes"} ${names.join(", ")}`;
  const lost = after.filter((volume) => lostVolumes.includes(volume));
  const data =
    lost.length > 0
      ? { data: `DATA: ${list(lost)} lost, created empty` }
      : volumes.length === 0
        ? {}
        : base.action === "create"
          ? { data: `data in ${list(volumes)}` }
          : base.action === "delete" || base.action === "forget"
            ? { data: `its data stays in ${list(volumes)}` }
            : kept.length === volumes.length
              ? { data: `data untouched (${list(kept)})` }
              : { data: `DATA: ${list(volumes.filter((name) => !after.includes(name)))} no longer mounted` };
  const effect = isJob ? jobEffect(base.action) : containerEffect(base.action);
  const isolation = service === FIREWALL ? ISOLATION[base.action] : undefined;
  return {
    ...base,
    kind: isJob ? "job" : "container",
    service,
    effect: isolation === undefined ? effect : `${effect}: ${isolation}`,
    ...data,
  };
}

/** The container that keeps workspaces apart, and what it means that it comes or goes. */
const FIREWALL = "workspace-firewall";
const ISOLATION: Partial<Readonly<Record<ChangeAction, string>>> = {
  create: "workspaces are isolated from each other, the host and private networks",
  delete: "workspaces are no longer isolated from each other, the host and private networks",
};

function containerEffect(action: ChangeAction): string {
  if (action === "create") return "new container";
  if (action === "replace") return "container replaced: unavailable while it restarts";
  if (action === "update") return "in place, the container stays";
  return action === "delete" ? "container removed" : PLAIN_EFFECTS[action];
}

function jobEffect(action: ChangeAction): string {
  if (action === "create" || action === "replace") return "the job runs";
  return action === "delete" ? "job removed" : PLAIN_EFFECTS[action];
}

function deliveryEffect(action: ChangeAction, isReplaced: boolean): string {
  if (action === "delete") return "files no longer delivered";
  if (isReplaced) return "files delivered to the new container";
  return "files delivered, the container stays";
}

function imageWords(name: string, action: ChangeAction): Pick<ObjectChange, "service" | "effect"> {
  const effect = {
    create: "pulled or built",
    replace: "pulled or built; the old one stays in the engine",
    delete: "stays in the engine",
  };
  return { service: `image ${name}`, effect: effect[action as keyof typeof effect] ?? PLAIN_EFFECTS[action] };
}

function networkEffect(action: ChangeAction): string {
  if (action === "replace") {
    return "network replaced: every container on it is replaced too; containers of others, such as workspaces, must be off it first";
  }
  if (action === "delete")
    return "network removed; containers of others, such as workspaces, must be off it first";
  return PLAIN_EFFECTS[action];
}

/** Why Terraform does what the attributes do not explain. */
function whyDetails(resource: ResourceChange, { gone, names }: Context): ChangeDetail[] {
  const { address, action_reason: reason, previous_address: moved, deposed, change } = resource;
  const texts: string[] = [];
  if (gone.has(address) && change.actions.includes("create"))
    texts.push("somebody removed it: it is made again");
  if (reason === "replace_because_tainted") texts.push("the last deploy did not finish it");
  // Of a new object it is no reason.
  if (reason === "replace_by_triggers" && change.actions.includes("delete"))
    texts.push("takes over what is delivered to it");
  if (reason === "replace_by_request") texts.push("asked for on the command line");
  if (moved !== undefined) texts.push(`called ${moved} in the state before`);
  if (deposed !== undefined) texts.push("left over from an earlier replacement");
  if (change.importing !== undefined) texts.push("is taken into the state");
  if (change.actions.includes("delete") && change.actions.includes("create")) {
    const forced = [...new Set((change.replace_paths ?? []).map(([attribute]) => String(attribute)))];
    const changed = changedAttributes(resource, names);
    // Where every change forces it, the changes themselves are the answer.
    if (forced.length > 0 && changed.some((attribute) => !forced.includes(attribute))) {
      const verb = forced.length === 1 ? "changes" : "change";
      texts.push(`replaced because its ${forced.map(attributeName).join(", ")} ${verb}`);
    } else if (texts.length === 0 && changed.length === 0) texts.push("recreated");
  }
  return texts.map((text) => ({ attributes: [], text }));
}

/** What is worth knowing of a new object. */
function firstValues({ type, change }: ResourceChange): ChangeDetail[] {
  if (type !== "docker_container") return [];
  const { memory, cpus, ports } = attributes(change.after);
  const published = (Array.isArray(ports) ? ports : []).map((port) => {
    const { ip, external } = attributes(port);
    const address = `${ip ? `${String(ip)}:` : ""}${String(external)}`;
    return `${address}${reachOf(address)}`;
  });
  const texts = [
    ...(memory === undefined || memory === null ? [] : [`memory ${shown(memory)} MB`]),
    ...(cpus === undefined || cpus === null ? [] : [`CPU limit ${shown(cpus)}`]),
    ...(published.length === 0
      ? []
      : [`${published.length === 1 ? "port" : "ports"} ${published.join(", ")}`]),
  ];
  return texts.length === 0 ? [] : [{ attributes: ["memory", "cpus", "ports"], text: texts.join(", ") }];
}

/** Those that hold data. */
function volumesOf(values: unknown): string[] {
  const { volumes } = attributes(values);
  const names = (Array.isArray(volumes) ? volumes : [])
    .map(attributes)
    // The only path of the host that can be written is the engine's socket.
    .filter(({ read_only: readOnly, host_path: host }) => readOnly !== true && !host)
    .map(({ volume_name: volume }) => String(volume))
    .filter((volume) => !holdsNoData(volume));
  return [...new Set(names)].sort();
}

function outputChanges(plan: PlanJson): ObjectChange[] {
  return Object.entries(plan.output_changes ?? {})
    .filter(([, { actions }]) => !actions.every((action) => action === "no-op"))
    .map(([name, change]) => {
      const isSecret = change.before_sensitive === true || change.after_sensitive === true;
      const value = isSecret
        ? "value changes (not shown)"
        : change.after_unknown === true
          ? `${shown(change.before)} → known when it is applied`
          : listTransition(change.before, change.after);
      return {
        service: "outputs",
        address: `output.${name}`,
        kind: "output",
        action: actionOf(change),
        details: [
          {
            attributes: [name],
            text:
              name === SECRETS_OUTPUT && isSecret
                ? "the state's copy of the secrets changes (not shown)"
                : `${name}: ${value}`,
          },
        ],
        effect: "",
      };
    });
}

function listTransition(before: unknown, after: unknown): string {
  const plain = (value: unknown) => (Array.isArray(value) ? value.map(shown).join(", ") : value);
  return transition(plain(before), plain(after));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
