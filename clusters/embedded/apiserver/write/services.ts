import type { KubeObject } from "../../../../kube/types.ts";
import type { Admission } from "../pipeline.ts";
import type { ServerContext } from "../server-context.ts";

/** 10.96.0.0/12 is kubeadm's service network; the first address is the API server's own. */
const prefix = "10.96";
const FIRST = 2;

/** Gives each new Service an address of the service network (registry/core/service/ipallocator). */
export function clusterAddresses(server: ServerContext): Admission {
  let next = FIRST;
  return {
    admit({ operation, kind, subresource }, object, old) {
      if (kind.plural !== "services" || kind.group !== "" || subresource !== "" || operation === "DELETE") return;
      const spec = ((object as KubeObject)["spec"] ?? {}) as {
        type?: string;
        clusterIP?: string;
        clusterIPs?: string[];
        ipFamilies?: string[];
        ipFamilyPolicy?: string;
      };
      if (spec.type === "ExternalName") return;
      const before = (old?.["spec"] ?? {}) as { clusterIP?: string };
      spec.clusterIP ||= before.clusterIP ?? "";
      if (spec.clusterIP === "") {
        const used = new Set(
          server.store.list("/services").map((one) => (one["spec"] as { clusterIP?: string }).clusterIP),
        );
        const address = (): string => `${prefix}.${next >> 8}.${next & 255}`;
        while (used.has(address())) next++;
        spec.clusterIP = address();
        next++;
      }
      // Not written when it is so already: what a change leaves as it is is shared with what is stored.
      if (spec.clusterIPs?.length !== 1 || spec.clusterIPs[0] !== spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
      // With the address goes its family; nobody owns what is allocated.
      spec.ipFamilies ??= ["IPv4"];
      spec.ipFamilyPolicy ??= "SingleStack";
    },
  };
}
