import type { KubeObject } from "../../../kube/index.ts";
import type { ClusterUnderTest } from "../../../suite/index.ts";

const TRUSTED = "mountproof-trusted";
const TRUSTED_FOLDER = "/etc/mountproof";

type Container = {
  command?: readonly string[];
  env?: { readonly name: string; readonly value?: string }[];
  resources?: { limits?: Record<string, string> };
  volumeMounts?: object[];
};
type Workload = KubeObject & {
  spec: {
    template: { spec: { terminationGracePeriodSeconds?: number; containers: Container[]; volumes?: object[] } };
  };
};

/**
 * A part's object as it can run in that cluster: with the images that are there, and free to use the node's processors
 * while it starts, where upstream's manifests give a provider a twentieth of one. Pure.
 */
export function inCluster(object: KubeObject, target: ClusterUnderTest): KubeObject {
  const changed = withImages(object, target);
  if (object.kind !== "DaemonSet") return changed;
  for (const container of (changed as Workload).spec.template.spec.containers)
    delete container.resources?.limits?.["cpu"];
  return changed;
}

/** Of none at all the API server would not wait for kubelet: the pod would be gone before its volumes are. */
const GRACE_SECONDS = 1;

/** An example as it can run in a real cluster: with an image that is there, a command that stays, and a quick end. */
export function forRemote(object: KubeObject, target: ClusterUnderTest): KubeObject {
  if (object.kind !== "Deployment") return object;
  const copy = withImages(object, target) as Workload;
  const { spec } = copy.spec.template;
  spec.terminationGracePeriodSeconds = GRACE_SECONDS;
  for (const container of spec.containers) container.command ??= target.settings.command;
  return copy;
}

/** Whom providers in a namespace are to trust: the authority of the fake clouds, where there are any. */
export function trustedAuthority({ settings }: ClusterUnderTest, namespace: string | undefined): KubeObject[] {
  if (settings.clouds === undefined || namespace === undefined) return [];
  const metadata = { name: TRUSTED, namespace };
  return [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": settings.clouds.trustedCaPem } }];
}

/** A provider's DaemonSet that trusts the fake clouds, by the variable that Go programs know, and finds its machine. */
export function trusting(object: KubeObject, { settings }: ClusterUnderTest, provider: string): KubeObject {
  if (settings.clouds === undefined || object.kind !== "DaemonSet") return object;
  const copy = structuredClone(object) as Workload;
  const { spec } = copy.spec.template;
  const env = [
    { name: "SSL_CERT_FILE", value: `${TRUSTED_FOLDER}/ca.crt` },
    ...(provider === "gcp" ? [{ name: "GCE_METADATA_HOST", value: "metadata.google.internal" }] : []),
  ];
  for (const container of spec.containers) {
    container.env = [...(container.env ?? []), ...env];
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: TRUSTED, mountPath: TRUSTED_FOLDER }];
  }
  spec.volumes = [...(spec.volumes ?? []), { name: TRUSTED, configMap: { name: TRUSTED } }];
  return copy;
}

function withImages(object: KubeObject, { settings }: ClusterUnderTest): KubeObject {
  const text = JSON.stringify(object).replace(/"image":"([^"]+)"/g, (whole, image: string) => {
    const own = settings.images[image];
    return own === undefined ? whole : `"image":${JSON.stringify(own)}`;
  });
  return JSON.parse(text) as KubeObject;
}
