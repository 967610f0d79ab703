import type { Resource } from "../../../kube/client.ts";
import * as kube from "../../../kube/resources.ts";
import type { KubeObject } from "../../../kube/types.ts";
import type { CsiDriver, CsiNode, Keyed, Pod, TokenRequest } from "./types.ts";

// The kinds kubelet touches, with the fields it reads.
export const Pods = kube.Pods as Resource<Pod & KubeObject>;
export const Nodes = kube.Nodes;
export const Secrets = kube.Secrets as Resource<Keyed>;
export const ConfigMaps = kube.ConfigMaps as Resource<Keyed>;
export const Events = kube.Events;
export const Leases = kube.Leases;
export const CsiDrivers = kube.CSIDrivers as Resource<CsiDriver>;
export const CsiNodes = kube.CSINodes as Resource<CsiNode>;
/** Its subresource `token` takes and answers TokenRequests. */
export const ServiceAccountTokens = kube.ServiceAccounts as Resource<TokenRequest>;
