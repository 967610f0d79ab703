import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Scope, silentLog } from "../../../core/index.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { API_SERVER_ADDRESS } from "../apiserver/index.ts";
import type { ContainerMount, SandboxNetwork } from "../kubelet/index.ts";
import type { Pod } from "../kubelet/types.ts";
import { nodeAddress } from "../node.ts";
import type { ClusterApi, EmbeddedClusterSpec } from "../spec.ts";
import { openPodNetwork, type PodNetwork } from "./pod-network.ts";
import { DNS_ADDRESS, serveCluster, ZONE } from "./serve-cluster.ts";

/** Where Debian's programs, and Go's, look for the authorities that they trust. */
const TRUSTED = "/etc/ssl/certs/ca-certificates.crt";

/** A cluster's network, or why it has none. */
export type Wired =
  | {
      readonly network: PodNetwork;
      readonly refused?: undefined;
      attachTo(node: { readonly index: number }): SandboxNetwork;
    }
  | { readonly network?: undefined; readonly refused: string };

/** Gives a cluster the network that its pods live in, where network namespaces are allowed. */
export async function startNetwork(
  { clock, log = silentLog, outside = [], authority, openNetwork = openPodNetwork }: EmbeddedClusterSpec,
  api: Pick<ClusterApi, "port" | "caPem">,
  client: KubeClient,
  folder: string,
  scope: Scope,
): Promise<Wired> {
  const network = await openNetwork();
  if ("refused" in network) return network;
  scope.defer("network", async () => network[Symbol.dispose]());
  const apiserver = { address: API_SERVER_ADDRESS, port: api.port };
  scope.use(await serveCluster({ network, apiserver, resolvers: outside, client, clock, log }));
  const files = join(folder, "pod-files");
  await mkdir(files, { recursive: true });
  const trusted = join(files, "ca-certificates.crt");
  const system = await readFile(TRUSTED, "utf8").catch(() => "");
  await writeFile(trusted, `${system}${authority?.certPem ?? api.caPem}`);
  return {
    network,
    attachTo: ({ index }) => {
      const node = network.node(index, nodeAddress(index));
      return {
        attach: async (pod) => {
          const place = await node.attach({ hostNetwork: pod.spec.hostNetwork === true });
          const { ip, namespace } = place;
          return {
            ip,
            files: [fileAt(trusted, TRUSTED), ...(await writeFiles(join(files, pod.metadata.uid), pod, ip))],
            within: (act) => namespace.within(act),
            listen: (host, port) => namespace.listen(host, port),
            dial: (host, port) => namespace.dial(host, port),
            connect: (host, port) => namespace.connect(host, port),
            [Symbol.dispose]: () => place[Symbol.dispose](),
          };
        },
      };
    },
  };
}

/** What kubelet and the container runtime write for a pod. */
async function writeFiles(folder: string, pod: Pod, ip: string): Promise<ContainerMount[]> {
  await mkdir(folder, { recursive: true });
  const { namespace, name } = pod.metadata;
  const { hostname = name, subdomain } = pod.spec;
  const search = [`${namespace}.svc.${ZONE}`, `svc.${ZONE}`, ZONE].join(" ");
  const full = subdomain === undefined ? "" : `${hostname}.${subdomain}.${namespace}.svc.${ZONE}\t`;
  const contents = {
    "resolv.conf": `search ${search}\nnameserver ${DNS_ADDRESS}\noptions ndots:5\n`,
    hosts: `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${ip}\t${full}${hostname}\n`,
  };
  const made: ContainerMount[] = [];
  for (const [file, content] of Object.entries(contents)) {
    await writeFile(join(folder, file), content);
    made.push(fileAt(join(folder, file), `/etc/${file}`));
  }
  return made;
}

function fileAt(source: string, mountPath: string): ContainerMount {
  return { mountPath, readOnly: false, path: source, clone: undefined, source };
}
