/** The rest of the core group. See ./index.ts for the form. */
export const CORE = `
[core/v1]
Secret Data that is to be kept from who has no business with it: passwords, keys, tokens. At most 1 MiB.
  data The content by key, in base64. Keys are made of letters, digits, "-", "_" and ".".
  stringData The content as plain text, for writing: it is merged into data, wins over it, and is never given back.
  type What the content is for, such as Opaque or kubernetes.io/tls. Some types demand certain keys. Fixed.
  immutable True forbids any later change of the content. It can't be undone.
ConfigMap Configuration data for pods. At most 1 MiB.
  data The content by key, as text in UTF-8.
  binaryData The content that is no text, by key, in base64. A key is in one of the two alone.
  immutable True forbids any later change of the content. It can't be undone.
ServiceAccount Who pods are for the API server, and, by tokens, for others.
  secrets Secrets that pods of this account may use; looked at with an annotation alone.
  imagePullSecrets Secrets with the credentials for pulling images; pods without such a list get this one.
  automountServiceAccountToken Whether pods get a token mounted, unless they say otherwise.
Namespace A scope for names.
NamespaceSpec What is wanted of a namespace.
  finalizers Who must empty the namespace before it is removed.
NamespaceStatus What is known of a namespace.
  phase Active or Terminating.
NamespaceCondition One observation of a namespace.
  status True, False or Unknown.
Node A machine that pods run on.
NodeSpec What is wanted of a node.
  podCIDR Addresses for the node's pods.
  podCIDRs Addresses for the node's pods, one range a family.
  providerID The cloud's id of the machine.
  unschedulable Keeps new pods away (kubectl cordon).
  taints What keeps pods away that do not tolerate it.
  configSource Not used any more.
  externalID Not used any more.
NodeStatus What is known of a node.
  allocatable What is left for pods.
  phase Not used any more.
  addresses How the node is reached.
  daemonEndpoints Ports of the node's daemons.
  nodeInfo The machine: kernel, runtime, versions.
  images Images that are on the node.
  volumesInUse Volumes that are mounted.
  volumesAttached Volumes that are attached.
  config Not used any more.
  runtimeHandlers What the runtime can.
  features What the node's runtime can, apart from handlers.
NodeCondition One observation of a node: Ready, MemoryPressure, DiskPressure and others.
  status True, False or Unknown.
NodeAddress An address of a node.
  type Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.
  address The address.
NodeDaemonEndpoints Ports of the node's daemons.
  kubeletEndpoint The kubelet's.
DaemonEndpoint A port of a daemon.
  Port The number.
NodeSystemInfo The machine of a node.
  machineID Id of the installation.
  systemUUID Id of the machine.
  bootID Id of this boot.
  kernelVersion Version of the kernel.
  osImage Name of the operating system.
  containerRuntimeVersion Runtime and its version.
  kubeletVersion Version of the kubelet.
  kubeProxyVersion Deprecated: version of kube-proxy.
  operatingSystem linux or windows.
  architecture Such as amd64 or arm64.
  swap Swap memory.
NodeSwapStatus Swap memory of a node.
NodeFeatures What a node can.
  supplementalGroupsPolicy Whether supplementalGroupsPolicy works.
NodeRuntimeHandler A handler of the runtime.
  features What the handler can.
NodeRuntimeHandlerFeatures What a handler can.
  recursiveReadOnlyMounts Whether mounts can be read-only all the way down.
  userNamespaces Whether pods can have user namespaces.
NodeConfigSource Not used any more.
  configMap The ConfigMap.
NodeConfigStatus Not used any more.
  assigned The configuration that is wanted.
  active The configuration in use.
  lastKnownGood The last one that worked.
ConfigMapNodeConfigSource Not used any more.
ContainerImage An image on a node.
  names Names and digests.
  sizeBytes Its size in bytes.
Taint Keeps pods away that do not tolerate it.
  effect NoSchedule, PreferNoSchedule or NoExecute.
  timeAdded When it was added; with NoExecute alone.
Service One address for a set of pods.
ServiceSpec What a Service is.
  type ClusterIP, NodePort, LoadBalancer or ExternalName. ClusterIP when left out.
  selector Labels of the pods behind it. Without it somebody else fills its Endpoints.
  ports The ports.
  clusterIP Its address; None for a headless Service. Given by the server when left out.
  clusterIPs Its addresses, one a family.
  ipFamilies IPv4, IPv6 or both.
  ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
  externalIPs Addresses outside the cluster that lead here.
  externalName The name that a Service of type ExternalName stands for.
  externalTrafficPolicy Whether traffic from outside stays on its node: Cluster or Local.
  internalTrafficPolicy Whether traffic from inside stays on its node: Cluster or Local.
  trafficDistribution A preference, such as PreferClose.
  healthCheckNodePort Port for the load balancer's health check; with Local alone.
  loadBalancerIP Deprecated: the address to ask for.
  loadBalancerClass Which load balancer serves it.
  loadBalancerSourceRanges Whose traffic is let in.
  allocateLoadBalancerNodePorts Whether a load balancer's Service gets node ports.
  publishNotReadyAddresses Whether pods that are not ready are told of.
  sessionAffinity ClientIP sends a client to the same pod; None does not.
  sessionAffinityConfig Settings of sessionAffinity.
ServicePort A port of a Service.
  port The number that clients use.
  targetPort The port of the pods, by number or name; port when left out.
  nodePort The port on every node; with NodePort and LoadBalancer.
ServiceStatus What is known of a Service.
  loadBalancer Where its load balancer is.
SessionAffinityConfig Settings of sessionAffinity.
  clientIP Settings of ClientIP.
ClientIPConfig Settings of ClientIP.
  timeoutSeconds How long a client is remembered. 10800 when left out.
LoadBalancerStatus Where a load balancer is.
  ingress Its addresses.
LoadBalancerIngress An address of a load balancer.
  ipMode VIP or Proxy.
PortStatus A port of a load balancer.
Endpoints Deprecated: the addresses behind a Service; see EndpointSlice.
  subsets Sets of addresses with the same ports.
EndpointSubset Addresses with the same ports.
  addresses Those that are ready.
  notReadyAddresses Those that are not.
EndpointAddress An address behind a Service.
EndpointPort A port behind a Service.
Event Something that happened to an object. Kept for an hour.
  involvedObject The object that it is about.
  source Who reports it.
  firstTimestamp When it was seen first.
  lastTimestamp When it was seen last.
  count How often it was seen.
  type Normal or Warning.
EventSeries A run of equal events.
EventSource Who reports an event.
  component The component.
  host The node it runs on.
ObjectReference Another object.
  fieldPath A part of it, such as spec.containers{name}.
ComponentStatus Deprecated: the health of a component of the control plane.
ComponentCondition The health of a component.
LimitRange Limits and defaults of what objects of a namespace may use.
LimitRangeSpec The limits of a namespace.
  limits The limits, one entry a type.
LimitRangeItem The limits of one type of object.
  type Pod, Container or PersistentVolumeClaim.
  max The most.
  min The least.
  default The limit of who has none.
  defaultRequest The request of who has none.
  maxLimitRequestRatio How far limit and request may be apart.
ResourceQuota How much the objects of a namespace may use together.
ResourceQuotaSpec The limits of a quota.
  hard The most of each resource.
  scopes Which objects count.
  scopeSelector Which objects count.
ResourceQuotaStatus The use of a quota.
  hard The most of each resource.
  used What is used.
ScopeSelector Which objects count.
ScopedResourceSelectorRequirement One requirement on what counts.
  scopeName The scope.
ReplicationController Deprecated: keeps a number of pods; see Deployment.
ReplicationControllerSpec What a ReplicationController keeps.
ReplicationControllerStatus What is known of a ReplicationController.
ReplicationControllerCondition One observation.
  status True, False or Unknown.
TopologySelectorTerm Places, by labels of nodes.
  matchLabelExpressions Requirements that must all hold.
TopologySelectorLabelRequirement One requirement on a place.
PodStatusResult The status of a pod, as it was once returned.
RangeAllocation Which addresses of a range are taken.
  range The range.
`;
