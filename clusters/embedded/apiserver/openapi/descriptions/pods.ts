/** Pods, their containers and what containers have. See ./index.ts for the form. */
export const PODS = `
[core/v1]
Pod One or more containers that run together on one node and share its network and volumes.
PodTemplate A template that pods are made from.
PodTemplateSpec The pod that a controller makes.
Binding Puts a pod on a node. Used by schedulers.
PodSpec What a pod is made of and how it shall run.
  volumes Volumes that the pod's containers can mount.
  initContainers Containers that run to their end one after the other, before any of the containers starts. One with restartPolicy Always is a sidecar: it keeps running beside them.
  containers The containers. There is at least one; the list can't be changed later.
  ephemeralContainers Containers added to a running pod to look into it, through the ephemeralcontainers subresource.
  restartPolicy When containers that ended are started again: Always, OnFailure or Never. Always when left out.
  terminationGracePeriodSeconds How long the containers have between SIGTERM and SIGKILL. 30 when left out; 0 kills at once.
  activeDeadlineSeconds How long the pod may be on its node before it is ended as failed.
  dnsPolicy How names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default (as the node does) or None (by dnsConfig). ClusterFirst when left out.
  dnsConfig Settings of name resolution, merged with what dnsPolicy gives.
  nodeSelector Labels that the node must have.
  serviceAccountName The ServiceAccount that the pod runs as: default when left out.
  serviceAccount Deprecated twin of serviceAccountName.
  automountServiceAccountToken Whether the ServiceAccount's token is mounted. The ServiceAccount decides when left out.
  nodeName The node that the pod runs on. Empty until a scheduler has chosen one.
  hostNetwork Shares the node's network; a port of a container is then a port of the node.
  hostPID Shares the node's process ids.
  hostIPC Shares the node's IPC namespace.
  hostUsers False gives the pod a user namespace of its own.
  shareProcessNamespace Lets the containers see each other's processes.
  securityContext Rights and users of all containers; a container's own settings win.
  imagePullSecrets Secrets with the credentials for pulling images.
  hostname The pod's host name; its name when left out.
  hostnameOverride Replaces the host name that the containers see.
  subdomain With it the pod's full name is hostname.subdomain.namespace.svc and the cluster's domain.
  setHostnameAsFQDN Whether the host name that containers see is the full name.
  affinity Which nodes, and whose company, the pod prefers or needs.
  topologySpreadConstraints How pods of this kind are spread over zones, nodes and the like.
  tolerations Taints of nodes that do not keep the pod away.
  schedulerName Which scheduler places the pod; default-scheduler when left out.
  schedulingGates While there is one, the pod is not scheduled.
  hostAliases Lines added to the pod's hosts file.
  priorityClassName The PriorityClass that gives the pod its priority.
  priority The priority as a number, filled in from the class.
  preemptionPolicy Whether pods of lower priority may be evicted for this one: PreemptLowerPriority or Never.
  readinessGates Conditions that must be True, besides ready containers, before the pod counts as ready.
  runtimeClassName The RuntimeClass that the pod runs by.
  overhead What the runtime itself takes, filled in from the RuntimeClass.
  enableServiceLinks Whether containers get variables of the namespace's Services. True when left out.
  os The operating system that the pod is made for.
  resourceClaims Devices that the pod claims; containers refer to them by name.
  resources What all containers together may use.
PodStatus What is known of a pod.
  phase Where the pod is in its life: Pending, Running, Succeeded, Failed or Unknown.
  hostIP Address of the pod's node.
  hostIPs Addresses of the pod's node, one a family.
  podIP The pod's address.
  podIPs The pod's addresses, one a family.
  startTime When the kubelet took the pod up.
  initContainerStatuses One entry an init container.
  containerStatuses One entry a container.
  ephemeralContainerStatuses One entry an ephemeral container.
  qosClass Guaranteed, Burstable or BestEffort, from requests and limits.
  nominatedNodeName The node on which room is being made for the pod.
  resize Where a change of resources stands.
  resourceClaimStatuses The claims made for the pod.
  extendedResourceClaimStatus The claim that stands behind extended resources.
PodCondition One observation: PodScheduled, Initialized, ContainersReady, Ready and others.
  type What is observed.
  status True, False or Unknown.
PodIP One address of a pod.
HostIP One address of a node.
PodOS The operating system of a pod.
  name linux or windows.
PodReadinessGate A condition that counts towards readiness.
  conditionType The type of the condition.
PodSchedulingGate A reason not to schedule the pod yet.
PodResourceClaim A claim that containers of the pod refer to.
  resourceClaimName The claim, when it exists already.
  resourceClaimTemplateName The template from which a claim is made for this pod.
PodResourceClaimStatus The claim that belongs to an entry of resourceClaims.
  resourceClaimName The claim made for it.
PodExtendedResourceClaimStatus The claim made for the pod's extended resources.
  requestMappings Which container's resource belongs to which request.
  resourceClaimName The claim.
ContainerExtendedResourceRequest An extended resource of a container and its request.
PodDNSConfig Settings of name resolution.
  nameservers Addresses of name servers, after those of the policy.
  searches Search domains, after those of the policy.
  options Options of the resolver; they replace equal ones of the policy.
PodDNSConfigOption An option of the resolver.
HostAlias A line of the hosts file.
  hostnames Names of the address.
PodSecurityContext Rights and users of a pod's containers.
  runAsUser The user that processes run as; the image's when left out.
  runAsGroup The group that processes run as.
  runAsNonRoot Refuses to start a container whose user is root.
  fsGroup The group that owns the pod's volumes and is given to all processes.
  fsGroupChangePolicy When ownership is changed at a mount: Always or OnRootMismatch.
  supplementalGroups More groups of every process.
  supplementalGroupsPolicy Merge adds the groups that the image gives its user; Strict does not.
  seLinuxOptions The SELinux context.
  seLinuxChangePolicy How volumes get the SELinux label: MountOption or Recursive.
  seccompProfile Which system calls are allowed.
  appArmorProfile The AppArmor profile.
  sysctls Kernel settings of the pod's namespaces.
  windowsOptions Settings of Windows containers.
SecurityContext Rights and users of one container; they win over the pod's.
  capabilities Linux capabilities added to and taken from the runtime's defaults.
  privileged Runs with all rights on the node.
  readOnlyRootFilesystem Makes the container's root read-only.
  allowPrivilegeEscalation Whether a process may gain more rights than its parent.
  runAsUser The user that processes run as; the image's when left out.
  runAsGroup The group that processes run as.
  runAsNonRoot Refuses to start the container when its user is root.
  procMount How /proc is mounted: Default or Unmasked.
  seLinuxOptions The SELinux context.
  seccompProfile Which system calls are allowed.
  appArmorProfile The AppArmor profile.
  windowsOptions Settings of Windows containers.
Capabilities Linux capabilities to add and to drop.
  add Capabilities to add, such as NET_ADMIN, or ALL.
  drop Capabilities to take away, or ALL.
SELinuxOptions A label of SELinux.
  role The role part.
  level The level part.
  type The type part.
  user The user part.
SeccompProfile A seccomp profile.
  type RuntimeDefault, Unconfined or Localhost.
  localhostProfile A file on the node, below the kubelet's folder; with type Localhost alone.
AppArmorProfile An AppArmor profile.
  type RuntimeDefault, Unconfined or Localhost.
  localhostProfile A profile loaded on the node; with type Localhost alone.
Sysctl A kernel setting.
WindowsSecurityContextOptions Settings of Windows containers.
  gmsaCredentialSpecName Name of the credential spec.
  gmsaCredentialSpec The credential spec itself.
  runAsUserName The user that processes run as.
  hostProcess Runs the container as a host process.
Container A container: an image and how it is run.
  name Unique in the pod, a DNS label. Fixed.
  image What to run, such as registry.k8s.io/pause:3.10.
  imagePullPolicy When the image is pulled: Always, IfNotPresent or Never. Always for the tag latest, else IfNotPresent.
  command Replaces the image's entrypoint. $(VAR) stands for a variable of the container; $$ for a dollar sign.
  args Replaces the image's arguments. $(VAR) stands for a variable of the container.
  workingDir Where the program starts; as the image has it when left out.
  ports Ports that the container listens on. For information; leaving one out closes nothing.
  env Variables of the environment.
  envFrom Objects whose every key becomes a variable; env wins.
  resources What the container may use of CPU, memory and other resources.
  resizePolicy Whether a change of a resource restarts the container.
  restartPolicy Overrides the pod's policy; Always makes an init container a sidecar.
  restartPolicyRules Rules by exit code, tried before restartPolicy.
  volumeMounts Volumes of the pod and where this container sees them.
  volumeDevices Block devices of the pod and where this container sees them.
  livenessProbe Restarts the container when it fails.
  readinessProbe Takes the container out of its Services while it fails.
  startupProbe Holds the other probes back until it succeeded.
  lifecycle What is done after the start and before the end.
  terminationMessagePath A file whose content becomes the message of the container's end. /dev/termination-log when left out.
  terminationMessagePolicy File, or FallbackToLogsOnError: the end of the log when the file is empty and the container failed.
  securityContext Rights and users of this container.
  stdin Keeps standard input open for who attaches.
  stdinOnce Closes standard input after the first one who attached has left.
  tty Gives the container a terminal; needs stdin.
EphemeralContainer A container added to a running pod.
  & Container
  targetContainerName The container whose processes it sees.
EphemeralContainerCommon A container added to a running pod.
  & Container
ContainerPort A port that a container listens on.
  name Unique in the pod; Services may refer to the port by it.
  containerPort The number, from 1 to 65535.
  hostPort The port on the node that leads here. Most containers need none.
  hostIP The node's address that the host port is bound to.
ContainerResizePolicy Whether a change of a resource restarts the container.
  restartPolicy NotRequired or RestartContainer.
ContainerRestartRule What happens after an end with certain exit codes.
  action What to do: Restart.
  exitCodes The exit codes that are meant.
ContainerRestartRuleOnExitCodes A set of exit codes.
EnvVar A variable of the environment.
  name The variable's name.
  value Its value. $(VAR) stands for a variable defined before. Empty when left out.
  valueFrom Where the value comes from; not together with value.
EnvVarSource Where a value comes from. Exactly one.
  fieldRef A field of the pod, such as metadata.name or status.podIP.
  resourceFieldRef A limit or request of the container.
  configMapKeyRef A key of a ConfigMap of the namespace.
  secretKeyRef A key of a Secret of the namespace.
  fileKeyRef A key of a file in a volume.
EnvFromSource An object whose every key becomes a variable.
  prefix Put before each name.
  configMapRef The ConfigMap.
  secretRef The Secret.
ConfigMapEnvSource The ConfigMap whose keys become variables.
SecretEnvSource The Secret whose keys become variables.
ConfigMapKeySelector One key of a ConfigMap.
SecretKeySelector One key of a Secret.
FileKeySelector One key of a file of variables.
LocalObjectReference An object of the same namespace, by its name.
ObjectFieldSelector A field of the pod.
  fieldPath The field, such as metadata.labels['app'].
ResourceFieldSelector A limit or request of a container.
  resource Such as limits.cpu or requests.memory.
  divisor The unit of the answer; 1 when left out.
ResourceRequirements What may be used of CPU, memory and other resources.
  claims Claims of the pod that this container uses.
ResourceClaim A claim of the pod that a container uses.
VolumeMount Where a container sees a volume.
  name The volume of the pod.
  mountPath Where it is mounted. No colon.
  subPath A path within the volume that is mounted instead of its root.
  subPathExpr Like subPath, with $(VAR) replaced by the container's variables.
  readOnly Mounts it so that nothing in it can be changed. False when left out.
  recursiveReadOnly Whether mounts below are read-only, too: Disabled, IfPossible or Enabled.
  mountPropagation Whether mounts made later are seen: None, HostToContainer or Bidirectional.
VolumeMountStatus How a volume is mounted.
  mountPath Where it is mounted.
  recursiveReadOnly Whether mounts below are read-only, too.
VolumeDevice Where a container sees a block device.
  name The claim of the pod.
  devicePath The path of the device.
Probe A check of a container's health.
  exec Runs a command in the container; it succeeds with exit code 0.
  httpGet Sends a GET; it succeeds with a status from 200 to 399.
  tcpSocket Opens a connection; it succeeds when the port answers.
  grpc Asks the gRPC health service.
  initialDelaySeconds How long after the start of the container the first check is made.
  timeoutSeconds How long a check may take. 1 when left out.
  periodSeconds How often a check is made. 10 when left out.
  successThreshold How many successes in a row count as healthy after a failure. 1 when left out.
  failureThreshold How many failures in a row count as unhealthy. 3 when left out.
  terminationGracePeriodSeconds How long the container has to end when the check failed; the pod's when left out.
ProbeHandler How a container's health is checked.
Lifecycle What is done after a container's start and before its end.
  postStart Done right after the start; the container is killed when it fails.
  preStop Done before the container is ended; the grace period runs meanwhile.
  stopSignal The signal that ends the container; the image's or SIGTERM when left out.
LifecycleHandler What is done. Exactly one.
  exec Runs a command in the container.
  httpGet Sends a GET.
  tcpSocket Deprecated; fails.
  sleep Waits.
ExecAction A command run in the container.
  command Program and arguments, without a shell. It starts in the root folder.
HTTPGetAction A GET request.
  path The path to ask for.
  scheme HTTP or HTTPS. HTTP when left out.
  httpHeaders Headers to send.
HTTPHeader A header.
TCPSocketAction A connection over TCP.
GRPCAction A question to the gRPC health service.
  service The service to ask about.
SleepAction A pause.
  seconds How long.
ContainerStatus What is known of a container.
  state What it does now.
  lastState How it ended the last time.
  ready Whether it passes its readiness probe.
  started Whether it passed its startup probe.
  restartCount How often it was started again.
  imageID The image that runs, by its digest.
  containerID The runtime and its id of the container.
  allocatedResources What the node has set aside for it.
  allocatedResourcesStatus The health of devices given to it.
  resources What the running container may use.
  volumeMounts How its volumes are mounted.
  user Who its first process runs as.
  stopSignal The signal that ends it.
ContainerState What a container does. Exactly one.
  waiting It does not run yet; says why.
  running It runs; says since when.
  terminated It has ended; says how.
ContainerStateWaiting A container that does not run yet.
ContainerStateRunning A container that runs.
  startedAt Since when.
ContainerStateTerminated A container that has ended.
  exitCode Its exit code.
  signal The signal that ended it.
  startedAt When it was started.
  finishedAt When it ended.
  containerID The runtime and its id of the container.
ContainerUser Who a container runs as.
  linux Users and groups of Linux.
LinuxContainerUser Users and groups of a process.
  gid The group.
  uid The user.
  supplementalGroups More groups.
ResourceStatus The health of a resource.
  resources The health of each device.
ResourceHealth The health of one device.
  resourceID The device.
  health Healthy, Unhealthy or Unknown.
Affinity Rules of where a pod is placed.
  nodeAffinity Which nodes.
  podAffinity Near which pods.
  podAntiAffinity Away from which pods.
NodeAffinity Which nodes a pod needs or prefers.
  requiredDuringSchedulingIgnoredDuringExecution What a node must have when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution What counts in favour of a node, by weight.
PodAffinity Near which pods a pod must or should be.
  requiredDuringSchedulingIgnoredDuringExecution Pods that must be near.
  preferredDuringSchedulingIgnoredDuringExecution Pods that should be near, by weight.
PodAntiAffinity Away from which pods a pod must or should be.
  requiredDuringSchedulingIgnoredDuringExecution Pods that must not be near.
  preferredDuringSchedulingIgnoredDuringExecution Pods that should not be near, by weight.
PodAffinityTerm Pods, and what near means.
  namespaces Namespaces of the pods; the pod's own when neither this nor namespaceSelector is given.
  topologyKey The label of nodes that makes places the same, such as topology.kubernetes.io/zone.
WeightedPodAffinityTerm A term with a weight.
  podAffinityTerm The term.
PreferredSchedulingTerm A preference with a weight.
  preference What the node should have.
NodeSelector Nodes, by terms of which one must hold.
  nodeSelectorTerms The terms; one is enough.
NodeSelectorTerm Requirements on a node that must all hold.
  matchExpressions Requirements on labels.
  matchFields Requirements on fields.
NodeSelectorRequirement One requirement on a node.
  key The label or field.
  operator In, NotIn, Exists, DoesNotExist, Gt or Lt.
  values What it is compared with.
Toleration A taint that does not keep the pod away.
  key The taint's key; empty, with operator Exists, for every taint.
  operator Exists or Equal. Equal when left out.
  value The taint's value.
  effect NoSchedule, PreferNoSchedule or NoExecute; empty for all.
  tolerationSeconds How long a taint with NoExecute is endured; for ever when left out.
TopologySpreadConstraint How pods are spread.
  maxSkew By how many pods two places may differ.
  topologyKey The label of nodes that tells places apart.
  whenUnsatisfiable DoNotSchedule or ScheduleAnyway.
  minDomains The least number of places.
  nodeAffinityPolicy Whether nodes that the pod can't run on count: Honor or Ignore.
  nodeTaintsPolicy Whether nodes with taints count: Honor or Ignore.
`;
