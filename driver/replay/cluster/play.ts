import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  Events,
  type KubeObject,
  Namespaces,
  SecretProviderClasses,
  SecretProviderClassPodStatuses,
  Secrets,
} from "../../../kube/index.ts";
import { pemBlocks } from "../../sync/tls/pem.ts";
import { entriesOf } from "../shown.ts";
import { act, allowSecrets, firstPublish, PATCHER_MS, PUBLISHED_BEFORE, setUp } from "./actions.ts";
import type { ClusterProbe, RecordedEvent, RecordedPublish, RecordedSecret, RecordedValue } from "./probe.ts";
import type { ClusterRig } from "./rig.ts";

/** What a probe came to here, in the words of the recording. */
export type ClusterPlayed = Pick<ClusterProbe, "response" | "target" | "statuses" | "secrets" | "events"> & {
  readonly calls: NonNullable<ClusterProbe["calls"]>;
};

/** Plays a probe and looks at what the recording looked at. */
export async function playProbe(rig: ClusterRig, probe: ClusterProbe): Promise<ClusterPlayed> {
  const namespace = namespaceOf(probe);
  await ensureNamespace(rig, namespace);
  await rig.useDriver(`rec-${namespace.replace("drvrec-", "")}`, probe);
  await awayFromPatcher(rig, probe);
  rig.script(probe);
  for (const [index, step] of (probe.setup ?? []).entries()) {
    await setUp(rig, { namespace, ...step }, probe);
    const before = PUBLISHED_BEFORE[probe.title];
    const isReady = step.kind === "Pod" && probe.setup?.[index + 1]?.kind !== "Pod";
    if (before !== undefined && isReady) await firstPublish(rig, ...before, probe);
  }
  const calls = rig.provider.mounts.length;
  const publish = publishOf(rig, probe);
  let response = { code: "-", message: "" };
  if (publish !== undefined) response = await rig.publish(publish);
  else await act(rig, String(probe.request), probe);
  await wait(rig, probe);
  const seen = await look(rig, probe, namespace, publish);
  const target = await targetOf(rig, publish ?? BY_HAND[probe.title]);
  if (probe.case === "B4")
    rig.names.learn(await rig.uidOfStatus("b4-drvrec-syncx-b4", namespace), "<uid:second SPCPS>");
  return rig.names.shown({ ...seen, response, calls: callsSince(rig, calls) }, target);
}

export function namespaceOf({ request, setup = [], title }: ClusterProbe): string {
  if (typeof request !== "string") return request.namespace;
  const named = setup.find(({ namespace }) => namespace !== undefined)?.namespace;
  if (named !== undefined) return named;
  if (title.startsWith("targetPath with")) return "drvrec-security";
  return /^(then the pod of the missing|driver start reconciles)/.test(title) ? "drvrec-syncx" : "drvrec-sync";
}

async function ensureNamespace(rig: ClusterRig, name: string): Promise<void> {
  if ((await rig.cluster.admin.find(Namespaces, name)) !== undefined) return;
  await rig.cluster.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name } }]);
  await rig.clock.advance(100);
  await allowSecrets(rig);
}

/** Pods of Deployments bear names of their own. */
function publishOf(rig: ClusterRig, { request }: ClusterProbe): RecordedPublish | undefined {
  return typeof request === "string" ? undefined : { ...request, pod: rig.names.real(request.pod) };
}

/** Whose volume a probe without a publish is about. */
const BY_HAND: Readonly<Record<string, RecordedPublish>> = {
  "listing mounted files fails": { pod: "nolist", namespace: "drvrec-syncx", volume: "vol", class: "nolist" },
};

async function targetOf(rig: ClusterRig, publish: RecordedPublish | undefined): Promise<string | undefined> {
  if (publish === undefined) return undefined;
  return rig.target(await rig.uidOf(publish.pod, publish.namespace), publish.volume);
}

const WITHOUT_OWNERS = (probe: ClusterProbe): boolean =>
  probe.secrets?.some(({ ownerReferences }) => ownerReferences === null) === true;

/** Where the recording shows a Secret without owners, the patcher must not come by before it is looked at. */
async function awayFromPatcher(rig: ClusterRig, probe: ClusterProbe): Promise<void> {
  if (!WITHOUT_OWNERS(probe)) return;
  await rig.letPatcherPass(PATCHER_MS, 500);
}

/** How long the recording looked on: until owners were there, or an event was counted more than once. */
async function wait(rig: ClusterRig, probe: ClusterProbe): Promise<void> {
  const { secrets = [], events = [], observed } = probe;
  if (observed?.["countAtLeast3In6s"] !== undefined) return await rig.clock.advance(3_000);
  const isOwned = secrets.length > 0 && !WITHOUT_OWNERS(probe);
  if (isOwned) return await rig.clock.advance(PATCHER_MS + 100);
  if (events.length > 0 && events.every(({ repeated }) => !repeated)) return await rig.clock.advance(4.5);
  await rig.clock.advance(events.length > 0 ? 100 : 30);
}

function callsSince(rig: ClusterRig, count: number): ClusterPlayed["calls"] {
  return rig.provider.mounts.slice(count).map(({ request }) => ({
    attributes: JSON.parse(request.attributes) as unknown,
    secrets: request.secrets,
    permission: request.permission,
  }));
}

async function look(
  rig: ClusterRig,
  probe: ClusterProbe,
  namespace: string,
  publish: RecordedPublish | undefined,
): Promise<Omit<ClusterPlayed, "response" | "calls">> {
  const { admin } = rig.cluster;
  const statuses = (await admin.list(SecretProviderClassPodStatuses, { namespace })).items;
  const names = await secretNames(rig, probe, namespace);
  const secrets = (await admin.list(Secrets, { namespace })).items.filter(({ metadata }) =>
    names.has(metadata.name ?? ""),
  );
  const pods = new Set(probe.events?.map(({ involved }) => involved.replace("Pod/", "")));
  if (publish !== undefined) pods.add(publish.pod);
  const events = (await admin.list(Events, { namespace })).items.filter((event) =>
    pods.has((event["involvedObject"] as { name: string }).name),
  );
  const target = await targetOf(rig, publish);
  return {
    statuses: statuses.map((status) => ({
      name: status.metadata.name ?? "",
      objects: status.status?.objects,
      targetPath: status.status?.targetPath ?? "",
    })),
    secrets: secrets.map((secret) => shownSecret(secret, probe)),
    events: events.map(shownEvent),
    ...(target !== undefined && {
      target: {
        mounted: rig.mounter.inspect(target).kind === "mounted",
        ...(existsSync(target) && { entries: entriesOf(target) }),
      },
    }),
  };
}

/** Those that the recording shows, and those that the probe's class asks for. */
async function secretNames(rig: ClusterRig, probe: ClusterProbe, namespace: string): Promise<Set<string>> {
  const names = new Set(probe.secrets?.map(({ name }) => name));
  const classes = new Set(
    probe.setup?.flatMap(({ kind, name = "" }) => (kind === "SecretProviderClass" ? [name] : [])),
  );
  if (typeof probe.request !== "string") classes.add(probe.request.class);
  classes.delete("sec06v"); // the victim's own
  for (const name of classes) {
    const spc = await rig.cluster.admin.find(SecretProviderClasses, name, namespace);
    for (const { secretName = "" } of spc?.spec?.secretObjects ?? []) names.add(secretName.trim());
  }
  return names;
}

function shownSecret(secret: KubeObject, probe: ClusterProbe): RecordedSecret {
  const { name = "", labels, annotations, ownerReferences } = secret.metadata;
  const recorded = probe.secrets?.find((one) => one.name === name)?.data ?? {};
  const data = Object.entries((secret["data"] ?? {}) as Record<string, string>);
  return {
    name,
    type: String(secret["type"]),
    labels: labels ?? null,
    annotations: annotations ?? null,
    ownerReferences: ownerReferences ?? null,
    data: Object.fromEntries(
      data.map(([key, value]) => [key, shownValue(Buffer.from(value, "base64"), recorded[key])]),
    ),
  };
}

function shownValue(value: Buffer, recorded: RecordedValue | undefined): RecordedValue {
  if (typeof recorded !== "object") return value.toString("utf8");
  if ("sha256" in recorded) return { sha256: createHash("sha256").update(value).digest("hex").slice(0, 16) };
  const pem = [...value.toString().matchAll(/-----BEGIN ([^-]+)-----/g)].map(([, label = ""]) => label);
  // Other certificates than the recording's have other sizes; what is empty, or an EC key, has its own.
  const isComparable = pemBlocks(value).length === 0 || pem[0] === "EC PRIVATE KEY";
  return { pem, size: isComparable ? value.length : recorded.size };
}

function shownEvent(event: KubeObject): RecordedEvent {
  const { kind, name } = event["involvedObject"] as { kind: string; name: string };
  return {
    type: String(event["type"]),
    reason: String(event["reason"]),
    message: String(event["message"]),
    source: (event["source"] as { component: string }).component,
    involved: `${kind}/${name}`,
    repeated: Number(event["count"]) > 1,
  };
}
