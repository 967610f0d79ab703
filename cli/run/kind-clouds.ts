import { type Cloud, cloudManifests, cloudsNamespace, NODE_PORTS, withCloudNames } from "../../clusters/kind/index.ts";
import type { RemoteCluster } from "../../clusters/kubeconfig/index.ts";
import type { Clock } from "../../core/index.ts";
import { CONTROL_PORT, PLAIN_PORT, TLS_PORT } from "../../fakes/kit/index.ts";
import { ConfigMaps, Deployments } from "../../kube/index.ts";
import { createCertificateAuthority } from "../../net/index.ts";

const PORTS = { tls: TLS_PORT, plain: PLAIN_PORT, control: CONTROL_PORT };
const RESTARTED = "mountproof.dev/restarted-at";

/** The clouds' own names: by certificates, and by CoreDNS's expressions. */
const NAMES = {
  aws: { certificate: ["*.us-east-1.amazonaws.com"], hosts: ["[a-z0-9-]+\\.us-east-1\\.amazonaws\\.com"] },
  azure: {
    certificate: ["login.microsoftonline.com", "*.vault.azure.net"],
    hosts: ["login\\.microsoftonline\\.com", "[a-z0-9-]+\\.vault\\.azure\\.net"],
  },
  gcp: {
    certificate: ["*.googleapis.com"],
    hosts: ["[a-z0-9-]+\\.googleapis\\.com", "metadata\\.google\\.internal"],
  },
} as const;

export type RunningClouds = AsyncDisposable & {
  /** Who issued their certificates, for this run alone. */
  readonly trustedCaPem: string;
};

/**
 * Fake clouds in a kind cluster, each at its own names by the cluster's DNS, with certificates of an authority of this
 * run. Disposing of it gives the cluster its own DNS back.
 */
export async function startClouds(cluster: RemoteCluster, clock: Clock): Promise<RunningClouds> {
  const authority = await createCertificateAuthority({ clock, commonName: "mountproof clouds" });
  const clouds = await Promise.all(
    (Object.keys(NAMES) as Cloud["name"][]).map(async (name): Promise<Cloud> => {
      const { certificate, hosts } = NAMES[name];
      const tls = await authority.issue({ commonName: name, dnsNames: [...certificate, "localhost"] });
      return { name, image: `mountproof/fake-${name}:e2e`, hosts, nodePort: NODE_PORTS[name], tls };
    }),
  );
  await cluster.apply([
    ...cloudsNamespace(),
    ...clouds.flatMap((cloud) => cloudManifests(cloud, authority.certPem, PORTS)),
  ]);
  await tellDns(cluster, clouds, clock);
  return {
    trustedCaPem: authority.certPem,
    [Symbol.asyncDispose]: () => tellDns(cluster, [], clock),
  };
}

/** CoreDNS reads its file anew within a minute or two; new pods read it at once. */
async function tellDns(cluster: RemoteCluster, clouds: readonly Cloud[], clock: Clock): Promise<void> {
  const name = { name: "coredns", namespace: "kube-system" };
  const found = (await cluster.admin.get(ConfigMaps, name.name, name.namespace)) as unknown as {
    readonly data: { readonly Corefile: string };
  };
  const Corefile = withCloudNames(found.data.Corefile, clouds);
  if (Corefile === found.data.Corefile) return;
  await cluster.admin.patch(ConfigMaps, name, "merge", { data: { Corefile } });
  const annotations = { [RESTARTED]: String(clock.now()) };
  await cluster.admin.patch(Deployments, name, "merge", { spec: { template: { metadata: { annotations } } } });
}
