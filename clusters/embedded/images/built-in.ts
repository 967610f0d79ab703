import type { ImageEntry } from "./image-entry.ts";

const lines = (entry: Omit<ImageEntry, "image">, ...images: readonly string[]): ImageEntry[] =>
  images.map((image) => ({ image, ...entry }));

/** The entrypoint of images of one program: flags and whatever is no program here are the program's arguments. */
function entrypointOf(program: string): string[] {
  const script = `case "$1" in -*) set -- ${program} "$@" ;; *) command -v "$1" >/dev/null || set -- ${program} "$@" ;; esac; exec "$@"`;
  return ["/bin/sh", "-c", script, "entrypoint.sh"];
}

/** Images that everybody's manifests name. Programs are those of this machine, seen from the container's own root. */
export const BUILT_IN_IMAGES: readonly ImageEntry[] = [
  ...lines(
    { pause: true, user: { uid: 65_535, gid: 65_535 } },
    "registry.k8s.io/pause",
    "k8s.gcr.io/pause",
    "gcr.io/google_containers/pause",
    "pause",
  ),
  ...lines(
    { args: ["sh"] },
    "busybox",
    "registry.k8s.io/e2e-test-images/busybox",
    "gcr.io/google-containers/busybox",
    "alpine",
    "debian",
    "ubuntu",
    "bash",
    "bitnami/kubectl",
  ),
  ...lines({ command: entrypointOf("curl"), args: ["curl"] }, "curlimages/curl"),
  ...lines({ args: ["python3"] }, "python"),
  ...lines({ args: ["node"] }, "node"),
  ...lines({ part: "http-echo" }, "hashicorp/http-echo", "ealen/echo-server", "nginx"),
  ...lines({ part: "http-echo", user: { uid: 101, gid: 101 } }, "nginxinc/nginx-unprivileged"),
  ...lines(
    { part: "driver" },
    "registry.k8s.io/csi-secrets-store/driver",
    "mcr.microsoft.com/oss/*/kubernetes-csi/secrets-store/driver",
    "mcr.microsoft.com/oss/kubernetes-csi/secrets-store/driver",
  ),
  ...lines({ command: ["true"] }, "registry.k8s.io/csi-secrets-store/driver-crds"),
  ...lines({ part: "node-driver-registrar" }, "registry.k8s.io/sig-storage/csi-node-driver-registrar"),
  ...lines({ part: "livenessprobe" }, "registry.k8s.io/sig-storage/livenessprobe"),
  ...lines({ part: "provider-aws" }, "public.ecr.aws/aws-secrets-manager/secrets-store-csi-driver-provider-aws"),
  ...lines({ part: "provider-azure" }, "mcr.microsoft.com/oss/*/azure/secrets-store/provider-azure"),
  ...lines(
    { part: "provider-gcp" },
    "us-docker.pkg.dev/secretmanager-csi/secrets-store-csi-driver-provider-gcp/plugin",
    "asia-docker.pkg.dev/secretmanager-csi/secrets-store-csi-driver-provider-gcp/plugin",
    "europe-docker.pkg.dev/secretmanager-csi/secrets-store-csi-driver-provider-gcp/plugin",
  ),
  ...lines({ part: "provider-vault" }, "hashicorp/vault-csi-provider"),
];
