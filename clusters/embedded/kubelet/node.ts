import type { Clock } from "../../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";
import { Leases, Nodes } from "./resources.ts";
import type { KubeletTiming } from "./timing.ts";
import { rfc3339, rfc3339Micro } from "./values.ts";

export type NodeObjectSpec = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly timing: KubeletTiming;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  readonly hostIP: string;
  /** `1.35` */
  readonly kubeVersion: string;
};

const CAPACITY = { cpu: "8", memory: "32Gi", pods: "1000", "ephemeral-storage": "100Gi" };

/** The node's own objects: the Node with its status, and the Lease that says that kubelet lives. */
export class NodeObject implements Disposable {
  readonly #spec: NodeObjectSpec;
  #isOver = false;
  #hasLease = false;

  constructor(spec: NodeObjectSpec) {
    this.#spec = spec;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  /** Makes the Node known, not ready yet; one that is there already keeps its labels and annotations. */
  async register(): Promise<KubeObject> {
    const { client, name, taints } = this.#spec;
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        labels: this.#labels(),
        annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
      },
      spec: taints === undefined ? {} : { taints },
      status: this.#status(false),
    };
    try {
      return await client.create(Nodes, node);
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
      return await client.get(Nodes, name);
    }
  }

  /** The node takes pods from now on. */
  async ready(): Promise<void> {
    const { client, name } = this.#spec;
    await client.patch(Nodes, { name }, "strategic", { status: this.#status(true) }, { subresource: "status" });
  }

  /** Writes the Lease, and renews it where somebody looks at it. */
  async keepAlive(): Promise<void> {
    const { client, clock, timing, name } = this.#spec;
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(clock.now()) };
    const metadata = { name, namespace: "kube-node-lease" };
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    const isThere = this.#hasLease || !(await this.#isCreated(lease));
    if (isThere) await client.patch(Leases, metadata, "merge", { spec });
    this.#hasLease = true;
    if (timing.leaseRenewal > 0) this.#renewAfter(timing.leaseRenewal);
  }

  async #isCreated(lease: KubeObject): Promise<boolean> {
    try {
      await this.#spec.client.create(Leases, lease);
      return true;
    } catch (error) {
      if (isKubeStatus(error, "AlreadyExists")) return false;
      throw error;
    }
  }

  #renewAfter(ms: number): void {
    const { clock } = this.#spec;
    const renew = (): void => {
      if (this.#isOver) return;
      void clock.activity
        .track("kubelet lease", () => this.keepAlive())
        .catch(() => this.#renewAfter(this.#spec.timing.leaseRenewal));
    };
    clock.timer(ms, renew, { ref: false });
  }

  #labels(): Record<string, string> {
    const { name, labels } = this.#spec;
    const arch = process.arch === "x64" ? "amd64" : process.arch;
    return {
      "beta.kubernetes.io/arch": arch,
      "beta.kubernetes.io/os": "linux",
      "kubernetes.io/arch": arch,
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      ...labels,
    };
  }

  #status(isReady: boolean): Record<string, unknown> {
    const { clock, hostIP, name, kubeVersion } = this.#spec;
    const time = rfc3339(clock.now());
    const condition = (type: string, holds: boolean, reason: string, message: string): Record<string, unknown> => ({
      type,
      status: holds ? "True" : "False",
      lastHeartbeatTime: time,
      lastTransitionTime: time,
      reason,
      message,
    });
    return {
      addresses: [
        { type: "InternalIP", address: hostIP },
        { type: "Hostname", address: name },
      ],
      capacity: CAPACITY,
      allocatable: CAPACITY,
      conditions: [
        condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        isReady
          ? condition("Ready", true, "KubeletReady", "kubelet is posting ready status")
          : condition("Ready", false, "KubeletNotReady", "CSINode is not yet initialized"),
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: {
        architecture: process.arch === "x64" ? "amd64" : process.arch,
        bootID: "",
        containerRuntimeVersion: "mountproof://1",
        kernelVersion: "",
        kubeProxyVersion: "",
        kubeletVersion: `v${kubeVersion}.0`,
        machineID: "",
        operatingSystem: "linux",
        osImage: "Mountproof",
        systemUUID: "",
      },
    };
  }
}
