import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ClusterRoleBindings,
  Deployments,
  isKubeStatus,
  type KubeObject,
  Pods,
  SecretProviderClassPodStatuses,
  Secrets,
} from "../../../kube/index.ts";
import { files } from "../../../wire/scripted-provider.ts";
import { DRIVER_NAME, driverManifests } from "../../index.ts";
import type { ClusterProbe, ClusterStep, RecordedPublish } from "./probe.ts";
import type { ClusterRig } from "./rig.ts";

/** The owners' patcher of the real driver comes by so often. */
export const PATCHER_MS = 5_000;

const OBJECTS: Readonly<Record<string, (rig: ClusterRig, step: ClusterStep, probe: ClusterProbe) => Promise<void>>> = {
  SecretProviderClass: async (rig, { name = "", namespace = "", spec }) => {
    await rig.putClass(name, namespace, spec);
  },
  Pod: async (rig, { name = "", namespace = "", phase = "Running", volumes = [] }) => {
    await makePod(rig, name, namespace, phase, volumes);
  },
  Secret: async (
    rig,
    { name = "", namespace = "", type = "Opaque", immutable = false, labels, annotations, data = {} },
  ) => {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    await rig.cluster.apply([
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace, labels: { ...labels }, annotations: { ...annotations } },
        type,
        immutable,
        data: Object.fromEntries(encoded),
      },
    ]);
  },
  Deployment: async (rig, { name = "", namespace = "", nodeName }) => {
    const labels = { app: name };
    await rig.cluster.apply([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { ...podSpec([{ name: "vol", class: "dep" }]), nodeName } },
        },
      },
    ]);
    await rig.clock.advance(1_000);
    const [pod] = await podsOf(rig, name, namespace);
    const owner = pod?.metadata.ownerReferences?.[0];
    rig.names.learn(owner?.name, `<replicaset of ${name}>`);
    rig.names.learn(owner?.uid, `<uid:replicaset of ${name}>`);
    rig.names.learn(pod?.metadata.name, `<pod of ${name}>`);
    rig.names.learn(pod?.metadata.uid, `<uid:pod of ${name}>`);
    if (pod !== undefined) await setPhase(rig, pod, "Running");
  },
  SecretProviderClassPodStatus: async (rig, { name = "", namespace = "", labels, status }, { title }) => {
    const path = rig.names.real(String(status?.["targetPath"]));
    if (path.includes("/forged/")) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, "a"), "forged");
    }
    if (title === "label equal but for case")
      await rig.cluster.admin.delete(Secrets, { name: "syn22", namespace }).catch(unlessMissing);
    await rig.cluster.apply([statusObject(name, namespace, labels ?? {}, { ...status, targetPath: path })]);
    await rig.clock.advance(1_000);
  },
};

export async function setUp(rig: ClusterRig, step: ClusterStep, probe: ClusterProbe): Promise<void> {
  if (step.kind !== undefined) {
    const make = OBJECTS[step.kind];
    if (make === undefined) throw new Error(`no such kind here: ${step.kind}`);
    await make(rig, step, probe);
  }
  if (step.rbac === "driver user has no rule for secrets")
    await rig.cluster.admin.delete(ClusterRoleBindings, { name: "secretprovidersyncing-rolebinding" });
  if (step.action !== undefined) await ACTIONS[step.action]?.(rig, step, probe);
}

/** Gives back what a probe before took away. */
export async function allowSecrets(rig: ClusterRig): Promise<void> {
  await rig.cluster.apply(driverManifests({ syncSecret: { enabled: true } }));
}

const publishOf = (name: string, namespace: string, volume = "vol"): RecordedPublish => ({
  pod: name,
  namespace,
  volume,
  class: name,
});

/** What the recording tells in words, and what must have come before though it does not tell. */
const ACTIONS: Readonly<Record<string, (rig: ClusterRig, step: ClusterStep, probe: ClusterProbe) => Promise<void>>> = {
  "first Deployment deleted (background), its volume unpublished": (rig) => deleteDeployment(rig, "dep1"),
  "pod set to Failed, new content": async (rig) => {
    const pod = await rig.cluster.admin.get(Pods, "syn21r", "drvrec-sync");
    await setPhase(rig, pod, "Failed");
  },
  'pod "gone" published with its SPC, then that SPC deleted': async (rig, { namespace = "drvrec-syncx" }) => {
    await rig.publish(publishOf("gone", namespace));
    await rig.clock.advance(100);
    await rig.deleteClass("gone", namespace);
  },
  'pod "gone" deleted (its SPCPS is collected)': async (rig) => {
    await deletePod(rig, "gone", "drvrec-syncx");
    await rig.clock.advance(2 * PATCHER_MS);
  },
  "bare pod synced; SPCPS deleted by hand, then republished": async (rig) => {
    await rig.publish(publishOf("b4", "drvrec-syncx"));
    await rig.clock.advance(PATCHER_MS + 100);
    const name = "b4-drvrec-syncx-b4";
    await rig.cluster.admin.delete(SecretProviderClassPodStatuses, { name, namespace: "drvrec-syncx" });
  },
  "SPCPS with the right targetPath, but nothing there": async (rig) => {
    const uid = await rig.uidOf("nolist", "drvrec-syncx");
    const labels = { "internal.secrets-store.csi.k8s.io/node-name": "rec-syncx" };
    const status = {
      podName: "nolist",
      secretProviderClassName: "nolist",
      targetPath: rig.target(uid, "vol"),
      mounted: true,
      objects: [{ id: "a", version: "1" }],
    };
    await rig.cluster.apply([statusObject("nolist-drvrec-syncx-nolist", "drvrec-syncx", labels, status)]);
  },
  "user adds a label, an annotation and a key to the synced Secret": async (rig, _step, probe) => {
    await firstPublish(rig, "edit", "drvrec-syncx", probe);
    await rig.cluster.admin.patch(Secrets, { name: "edit", namespace: "drvrec-syncx" }, "merge", {
      metadata: { labels: { mine: "yes" }, annotations: { mine: "yes" } },
      data: { extra: "eA==" },
    });
  },
  "driver stopped, synced Secret deleted, driver started": async (rig, _step, probe) => {
    await rig.stopDriver();
    await rig.cluster.admin.delete(Secrets, { name: "edit", namespace: "drvrec-syncx" });
    await rig.useDriver("rec-syncx", probe);
  },
  "SPCPS of sec06 edited": async (rig, { targetPath = "" }) => {
    const namespace = "drvrec-security";
    const name = "sec06-drvrec-security-sec06";
    const path = rig.names.real(targetPath);
    if ((await rig.uidOfStatus(name, namespace)) === "") {
      // Both were published before, and the Secret was taken away: what comes back would be the victim's.
      await rig.publish(publishOf("sec06v", namespace));
      rig.provider.answers(files({ a: "its own" }));
      await rig.publish(publishOf("sec06", namespace));
      await rig.clock.advance(PATCHER_MS + 100);
      await rig.cluster.admin.delete(Secrets, { name: "sec06", namespace });
    }
    await rig.cluster.admin.patch(SecretProviderClassPodStatuses, { name, namespace }, "merge", {
      status: { targetPath: path },
    });
    await rig.clock.advance(1_000);
  },
};

/** Some probes show what a second publish does, and not the first. */
export const PUBLISHED_BEFORE: Readonly<Record<string, readonly [pod: string, namespace: string]>> = {
  "new value with sync: data follows; owners over time": ["b2", "drvrec-sync"],
  "secretObject removed from the SPC": ["rem", "drvrec-syncx"],
};

/** Publishes a first version of the same files, and lets the owners come. */
export async function firstPublish(
  rig: ClusterRig,
  pod: string,
  namespace: string,
  probe: ClusterProbe,
): Promise<void> {
  rig.provider.answers(files({ a: "x" }));
  await rig.publish(publishOf(pod, namespace));
  await rig.clock.advance(PATCHER_MS + 100);
  rig.script(probe);
}

/** Requests that are no call. */
export async function act(rig: ClusterRig, request: string, probe: ClusterProbe): Promise<void> {
  if (request === "DELETE Deployment, then unpublish" && probe.title.startsWith("second"))
    await deleteDeployment(rig, "dep2");
  if (request === "DELETE Pod, then unpublish") {
    const uid = await rig.uidOf("syn24", "drvrec-sync");
    await deletePod(rig, "syn24", "drvrec-sync");
    await rig.unpublish(uid);
    await rig.clock.advance(PATCHER_MS);
  }
  if (request === "NodePublishVolume for vb") {
    await rig.publish(publishOf("b12s", "drvrec-sync", "vb"));
    await rig.clock.advance(3_000);
  }
  if (request === "wait" && probe.case === "SYN-17") {
    await rig.cluster.admin.delete(Secrets, { name: "syn17", namespace: "drvrec-sync" });
    const isBack = async (): Promise<boolean> =>
      (await rig.cluster.admin.find(Secrets, "syn17", "drvrec-sync")) !== undefined;
    for (let waited = 0; waited <= 300_000 && !(await isBack()); waited += 1_000) await rig.clock.advance(1_000);
  }
}

/** Where the driver did not read what was forged there is no Secret either. */
function unlessMissing(error: unknown): void {
  if (!isKubeStatus(error, "NotFound")) throw error;
}

async function deleteDeployment(rig: ClusterRig, name: string): Promise<void> {
  const namespace = "drvrec-sync";
  const pods = await podsOf(rig, name, namespace);
  await rig.cluster.admin.delete(Deployments, { name, namespace }, { propagationPolicy: "Background" });
  await rig.clock.advance(1_000);
  for (const { metadata } of pods) {
    await rig.unpublish(metadata.uid ?? "");
    if ((await rig.cluster.admin.find(Pods, metadata.name ?? "", namespace)) !== undefined)
      await deletePod(rig, metadata.name ?? "", namespace);
  }
  await rig.clock.advance(2 * PATCHER_MS);
}

async function deletePod(rig: ClusterRig, name: string, namespace: string): Promise<void> {
  await rig.cluster.admin.delete(Pods, { name, namespace }, { gracePeriodSeconds: 0 });
}

async function podsOf(rig: ClusterRig, app: string, namespace: string): Promise<KubeObject[]> {
  return (await rig.cluster.admin.list(Pods, { namespace, labelSelector: `app=${app}` })).items;
}

async function makePod(
  rig: ClusterRig,
  name: string,
  namespace: string,
  phase: string,
  volumes: readonly { readonly name: string; readonly class: string }[],
): Promise<void> {
  const nodeName = `rec-${namespace.replace("drvrec-", "")}`;
  const pod = await rig.cluster.admin.create(Pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: { ...podSpec(volumes), nodeName },
  });
  rig.names.learn(pod.metadata.uid, `<uid:${name}>`);
  await setPhase(rig, pod, phase);
}

function podSpec(volumes: readonly { readonly name: string; readonly class: string }[]): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    containers: [{ name: "c", image: "app" }],
    volumes: volumes.map(({ name, class: secretProviderClass }) => ({
      name,
      csi: { driver: DRIVER_NAME, readOnly: true, volumeAttributes: { secretProviderClass } },
    })),
  };
}

async function setPhase(rig: ClusterRig, pod: KubeObject, phase: string): Promise<void> {
  const { name = "", namespace = "" } = pod.metadata;
  await rig.cluster.admin.patch(Pods, { name, namespace }, "merge", { status: { phase } }, { subresource: "status" });
  await rig.clock.advance(1);
}

function statusObject(name: string, namespace: string, labels: object, status: object): KubeObject {
  return {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClassPodStatus",
    metadata: { name, namespace, labels: { ...labels } as Record<string, string> },
    status,
  };
}
