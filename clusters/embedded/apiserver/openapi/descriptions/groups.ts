/** Every group but the core one. See ./index.ts for the form. */
export const GROUPS = `
[apps/v1]
Deployment Keeps a number of equal pods and replaces them step by step when their template changes.
DeploymentSpec What a Deployment keeps.
  replicas How many pods there shall be. 1 when left out.
  selector Which pods are its own; it must match the template's labels. Fixed.
  strategy How pods are replaced.
  paused Holds changes of the template back.
  progressDeadlineSeconds How long an update may make no progress before it counts as failed. 600 when left out.
DeploymentStrategy How pods are replaced.
  type Recreate or RollingUpdate. RollingUpdate when left out.
  rollingUpdate Settings of RollingUpdate.
RollingUpdateDeployment How many pods at once.
  maxUnavailable How many pods may be missing, as a number or in percent. 25% when left out.
  maxSurge How many pods may be there in excess, as a number or in percent. 25% when left out.
DeploymentStatus What is known of a Deployment.
DeploymentCondition One observation: Available, Progressing or ReplicaFailure.
  status True, False or Unknown.
ReplicaSet Keeps a number of equal pods. Deployments make them.
ReplicaSetSpec What a ReplicaSet keeps.
  replicas How many pods there shall be. 1 when left out.
ReplicaSetStatus What is known of a ReplicaSet.
ReplicaSetCondition One observation of a ReplicaSet.
  status True, False or Unknown.
DaemonSet Keeps one pod on every node, or on every node that its template allows.
DaemonSetSpec What a DaemonSet keeps.
  selector Which pods are its own; it must match the template's labels. Fixed.
  updateStrategy How pods are replaced.
DaemonSetUpdateStrategy How pods are replaced.
  type RollingUpdate or OnDelete. RollingUpdate when left out.
  rollingUpdate Settings of RollingUpdate.
RollingUpdateDaemonSet How many pods at once.
  maxUnavailable How many nodes may be without a pod. 1 when left out.
  maxSurge How many nodes may have two pods. 0 when left out.
DaemonSetStatus What is known of a DaemonSet.
  currentNumberScheduled Nodes that have a pod and should.
  numberMisscheduled Nodes that have a pod and should not.
  desiredNumberScheduled Nodes that should have a pod.
  numberReady Nodes whose pod is ready.
  updatedNumberScheduled Nodes whose pod has the newest template.
  numberAvailable Nodes whose pod is available.
  numberUnavailable Nodes that should have an available pod and have none.
DaemonSetCondition One observation of a DaemonSet.
  status True, False or Unknown.
StatefulSet Keeps pods with names and claims of their own.
StatefulSetSpec What a StatefulSet keeps.
  replicas How many pods there shall be. 1 when left out.
  selector Which pods are its own; it must match the template's labels. Fixed.
  serviceName The headless Service that gives pods their names. Fixed.
  volumeClaimTemplates Claims made for every pod.
  podManagementPolicy OrderedReady, one after the other, or Parallel.
  updateStrategy How pods are replaced.
  persistentVolumeClaimRetentionPolicy What happens to claims that are no longer used.
  ordinals How pods are numbered.
StatefulSetUpdateStrategy How pods are replaced.
  type RollingUpdate or OnDelete. RollingUpdate when left out.
  rollingUpdate Settings of RollingUpdate.
RollingUpdateStatefulSetStrategy Which pods are replaced.
  partition Pods with this number or a higher one.
  maxUnavailable How many pods may be missing.
StatefulSetOrdinals How pods are numbered.
  start The first number. 0 when left out.
StatefulSetPersistentVolumeClaimRetentionPolicy What happens to claims.
  whenDeleted When the StatefulSet goes: Retain or Delete.
  whenScaled When there shall be fewer pods: Retain or Delete.
StatefulSetStatus What is known of a StatefulSet.
StatefulSetCondition One observation of a StatefulSet.
  status True, False or Unknown.
ControllerRevision A revision of a DaemonSet or StatefulSet.
  data The template.
  revision Its number.

[batch/v1]
Job Runs pods until enough of them have succeeded.
JobSpec What a Job runs.
  parallelism How many pods run at once.
  completions How many pods must succeed.
  completionMode NonIndexed, or Indexed: each pod has a number.
  activeDeadlineSeconds How long the Job may take.
  backoffLimit How many failures are endured. 6 when left out.
  backoffLimitPerIndex How many failures of one index are endured.
  maxFailedIndexes How many indexes may fail.
  selector Which pods are its own; made by the server.
  manualSelector Whether the selector is the user's.
  ttlSecondsAfterFinished How long a finished Job is kept.
  suspend Stops the Job without ending it.
  podFailurePolicy What a failed pod means.
  podReplacementPolicy When a pod is replaced: TerminatingOrFailed or Failed.
  managedBy Who manages the Job.
  successPolicy When the Job counts as done before all pods are.
JobStatus What is known of a Job.
  startTime When it was taken up.
  completionTime When it was done.
  active Pods that run or wait.
  ready Pods that are ready.
  succeeded Pods that have succeeded.
  failed Pods that have failed.
  terminating Pods that are being deleted.
  completedIndexes Indexes that are done, such as 1,3-5.
  failedIndexes Indexes that have failed.
  uncountedTerminatedPods Pods that have ended and are not counted yet.
JobCondition One observation: Complete, Failed, Suspended.
  status True, False or Unknown.
JobTemplateSpec The Job that is made.
UncountedTerminatedPods Pods that have ended and are not counted yet.
  succeeded Uids of those that succeeded.
  failed Uids of those that failed.
PodFailurePolicy What a failed pod means.
PodFailurePolicyRule One rule.
  action FailJob, FailIndex, Ignore or Count.
  onExitCodes By exit code.
  onPodConditions By the pod's conditions.
PodFailurePolicyOnExitCodesRequirement A set of exit codes.
PodFailurePolicyOnPodConditionsPattern A condition of a pod.
  status The status it must have.
SuccessPolicy When a Job counts as done.
SuccessPolicyRule One rule.
  succeededIndexes Indexes that must be done.
  succeededCount How many must be done.
CronJob Makes Jobs by a schedule.
CronJobSpec What a CronJob makes, and when.
  schedule The schedule in cron's form.
  timeZone The zone of the schedule, such as Europe/Berlin.
  startingDeadlineSeconds How late a Job may be started.
  concurrencyPolicy What happens when the last Job still runs: Allow, Forbid or Replace.
  suspend Makes no more Jobs.
  jobTemplate The Job that is made.
  successfulJobsHistoryLimit How many Jobs that succeeded are kept. 3 when left out.
  failedJobsHistoryLimit How many Jobs that failed are kept. 1 when left out.
CronJobStatus What is known of a CronJob.
  active Jobs that run.
  lastScheduleTime When the last Job was due.
  lastSuccessfulTime When the last Job succeeded.

[storage.k8s.io/v1]
CSIDriver What a cluster needs to know of a CSI driver. Its name is the driver's.
CSIDriverSpec How a driver wants to be treated.
  attachRequired Whether volumes must be attached before they are mounted. True when left out. Fixed.
  podInfoOnMount Whether NodePublishVolume is told of the pod: name, namespace, uid, ServiceAccount.
  volumeLifecycleModes Persistent, Ephemeral or both: Ephemeral allows volumes in a pod's spec.
  storageCapacity Whether the scheduler looks at CSIStorageCapacity objects.
  fsGroupPolicy Whether the kubelet changes the group of a volume: ReadWriteOnceWithFSType, File or None.
  tokenRequests Tokens of the pod's ServiceAccount that NodePublishVolume gets, one an audience.
  requiresRepublish Whether NodePublishVolume is called again and again, so that content can be renewed.
  seLinuxMount Whether volumes can be mounted with an SELinux context.
  nodeAllocatableUpdatePeriodSeconds How often the driver is asked how many volumes fit.
TokenRequest A token that a driver wants.
  audience Who the token is meant for; the API server when empty.
  expirationSeconds How long it is valid, at least 600.
CSINode The CSI drivers of a node. Made by its kubelet.
CSINodeSpec The drivers of a node.
  drivers One entry a driver.
CSINodeDriver A driver on a node.
  nodeID The driver's name of the node.
  topologyKeys Labels of the node that the driver tells places by.
  allocatable How many volumes fit.
VolumeNodeResources How many volumes fit.
CSIStorageCapacity How much room a driver has at a place.
  nodeTopology The place, by labels of nodes.
  maximumVolumeSize The largest volume.
StorageClass A way of making volumes.
  provisioner Who makes them.
  parameters What the provisioner is told.
  reclaimPolicy What happens when the claim goes: Delete or Retain.
  allowVolumeExpansion Whether volumes can grow.
  volumeBindingMode Immediate or WaitForFirstConsumer.
  allowedTopologies Where volumes may be made.
VolumeAttachment Attaches a volume to a node.
VolumeAttachmentSpec What is attached where.
  attacher Who attaches it.
  source The volume.
VolumeAttachmentSource The volume. Exactly one.
  persistentVolumeName A PersistentVolume.
  inlineVolumeSpec A volume of a pod.
VolumeAttachmentStatus What is known of an attachment.
  attached Whether it is attached.
  attachmentMetadata What the driver told.
  attachError Why it could not be attached.
  detachError Why it could not be detached.
VolumeError What went wrong with a volume.
  time When.
  errorCode The driver's code.
VolumeAttributesClass Attributes of volumes that can be changed.
  driverName The CSI driver.
  parameters What the driver is told.

[rbac.authorization.k8s.io/v1]
Role Rights within a namespace.
ClusterRole Rights in the whole cluster, or for RoleBindings to give within a namespace.
  aggregationRule Makes the rules of this role from those of others.
PolicyRule Verbs on resources or paths. A rule allows; nothing forbids.
  verbs What may be done: get, list, watch, create, update, patch, delete, or * for all.
  apiGroups Groups of the resources; "" is the core group, * all.
  resources Resources, such as pods or pods/log; * for all.
  resourceNames Names that the rule is limited to; all when empty.
  nonResourceURLs Paths outside the resources, such as /healthz; * at the end for all below. In ClusterRoles alone.
AggregationRule Which roles' rules are taken.
  clusterRoleSelectors Selects ClusterRoles by labels; one match is enough.
RoleBinding Gives a role to subjects within a namespace.
  subjects Who gets the role.
  roleRef The role that is given. Fixed.
ClusterRoleBinding Gives a ClusterRole to subjects in the whole cluster.
  subjects Who gets the role.
  roleRef The role that is given. Fixed.
RoleRef The role that is given. Fixed.
  kind Role or ClusterRole.
Subject Who gets a role.
  kind User, Group or ServiceAccount.
  apiGroup "" for ServiceAccounts, rbac.authorization.k8s.io for users and groups.
  namespace The ServiceAccount's namespace.

[authentication.k8s.io/v1]
TokenRequest Asks for a token of a ServiceAccount.
TokenRequestSpec What the token shall be.
  audiences Who the token is meant for; the API server when empty.
  expirationSeconds How long it shall be valid. The server may give another time.
  boundObjectRef The object that the token dies with: a Pod, Node or Secret.
TokenRequestStatus The token.
  token The token itself.
  expirationTimestamp When it ends.
BoundObjectReference The object that a token dies with.
TokenReview Asks whether a token is good. Nothing is stored.
TokenReviewSpec The token to look at.
  token The token itself.
  audiences Whom it should be meant for; the API server when empty.
TokenReviewStatus What was found.
  authenticated Whether the token is good.
  user Whose it is.
  audiences Audiences that token and request have in common.
UserInfo A user.
  username The name.
  groups The groups.
  extra More that the authenticator told.
SelfSubjectReview Asks who the caller is. Nothing is stored.
SelfSubjectReviewStatus Who the caller is.
  userInfo The caller.

[authorization.k8s.io/v1]
SubjectAccessReview Asks whether a user may do something. Nothing is stored.
LocalSubjectAccessReview Asks whether a user may do something in a namespace. Nothing is stored.
SelfSubjectAccessReview Asks whether the caller may do something. Nothing is stored.
SelfSubjectRulesReview Asks what the caller may do in a namespace. Nothing is stored.
SubjectAccessReviewSpec Who and what is asked about.
  resourceAttributes An action on a resource.
  nonResourceAttributes An action on a path.
  user The user.
  groups The user's groups.
  extra More that is known of the user.
SelfSubjectAccessReviewSpec What is asked about.
  resourceAttributes An action on a resource.
  nonResourceAttributes An action on a path.
SelfSubjectRulesReviewSpec Where rules are asked about.
SubjectAccessReviewStatus The answer.
  allowed Whether it is allowed.
  denied Whether it is forbidden, whatever others say.
  reason Why.
  evaluationError What could not be looked at.
SubjectRulesReviewStatus The rules that were found.
  resourceRules Rules on resources.
  nonResourceRules Rules on paths.
  incomplete Whether there may be more.
  evaluationError What could not be looked at.
ResourceAttributes An action on a resource.
  verb The verb, such as get.
  group The API group.
  version The version.
  resource The resource.
  subresource The subresource.
  fieldSelector The field selector of the request.
NonResourceAttributes An action on a path.
  verb The HTTP verb in lower case.
ResourceRule A rule on resources.
  verbs What may be done.
  apiGroups Groups of the resources.
  resources The resources.
  resourceNames Names that the rule is limited to.
NonResourceRule A rule on paths.
  verbs What may be done.
  nonResourceURLs The paths.
FieldSelectorAttributes A field selector.
  rawSelector As it was sent.
  requirements Its requirements.
LabelSelectorAttributes A label selector.
  rawSelector As it was sent.
  requirements Its requirements.

[apiextensions.k8s.io/v1]
CustomResourceDefinition Adds a kind to the API. Its name is plural.group.
CustomResourceDefinitionSpec The kind that is added.
  group The API group.
  names The names of the kind.
  scope Namespaced or Cluster.
  versions The versions. Exactly one of them is stored.
  conversion How objects are turned from one version into another.
  preserveUnknownFields Deprecated: must be false.
CustomResourceDefinitionNames The names of a kind.
  plural In the path, in lower case.
  singular For the command line; kind in lower case when left out.
  shortNames Abbreviations for the command line.
  listKind Kind of the list; kind and List when left out.
  categories Groups that it belongs to, such as all.
CustomResourceDefinitionVersion A version of a kind.
  name Such as v1 or v1alpha1.
  served Whether clients can use it.
  storage Whether objects are stored in it.
  deprecated Whether answers carry a warning.
  deprecationWarning The warning; a usual one when left out.
  schema What objects of this version may hold.
  subresources Which of status and scale there are.
  additionalPrinterColumns Columns of kubectl get.
  selectableFields Fields that field selectors may use.
CustomResourceValidation What objects may hold.
  openAPIV3Schema The schema.
CustomResourceColumnDefinition A column of kubectl get.
  type integer, number, string, boolean or date.
  format The format of the type.
  priority 0 to show it always, more to show it with -o wide.
  jsonPath Where the value is, such as .spec.provider.
SelectableField A field that field selectors may use.
  jsonPath Where it is.
CustomResourceSubresources Subresources of a kind.
  status Serves status apart: the object itself then ignores it.
  scale Serves scale, for kubectl scale and autoscalers.
Empty Serves status apart: it has no settings.
CustomResourceSubresourceScale Where scale finds its values.
  specReplicasPath The wanted number.
  statusReplicasPath The number there is.
  labelSelectorPath The selector as text.
CustomResourceConversion How objects are turned from one version into another.
  strategy None changes apiVersion alone; Webhook asks somebody.
  webhook Whom to ask.
WebhookConversion Whom to ask for a conversion.
  clientConfig How the webhook is reached.
  conversionReviewVersions Versions of the request that it understands.
WebhookClientConfig How a webhook is reached.
  service A Service of the cluster.
  url A URL.
  caBundle The CA that its certificate must be of.
ServiceReference A Service.
CustomResourceDefinitionStatus What is known of a definition.
  acceptedNames The names it is served under.
  storedVersions Versions that objects may be stored in.
CustomResourceDefinitionCondition One observation: NamesAccepted, Established, NonStructuralSchema, Terminating.
  status True, False or Unknown.
ExternalDocumentation More to read.
  url Where.
ValidationRule A rule in the Common Expression Language.
  rule The expression. self is the value here; with oldSelf the rule is about changes alone.
  message What is said when the rule does not hold.
  messageExpression An expression that makes the message.
  reason The reason of the cause: FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.
  fieldPath The field that the refusal names, relative to here.
  optionalOldSelf Whether oldSelf is an optional, so that the rule is tried on creation, too.
JSONSchemaProps A schema, as OpenAPI v3 has it, with Kubernetes' extensions.
  id Not allowed.
  $schema Not allowed.
  $ref Not allowed.
  type object, array, string, integer, number or boolean.
  format A format of the type, such as date-time.
  title A title.
  default The value of a field that is left out.
  nullable Whether null is allowed.
  enum The values that are allowed.
  required Fields that must be there.
  properties Fields by name.
  additionalProperties The schema of fields that are not named.
  patternProperties Not allowed.
  items The schema of items.
  additionalItems Not allowed.
  allOf All of these must hold.
  anyOf One of these must hold.
  oneOf Exactly one of these must hold.
  not This must not hold.
  pattern A regular expression that the text must match.
  minLength The least number of characters.
  maxLength The most characters.
  minimum The least value.
  maximum The greatest value.
  exclusiveMinimum Whether the least value itself is excluded.
  exclusiveMaximum Whether the greatest value itself is excluded.
  multipleOf What the number must be a multiple of.
  minItems The least number of items.
  maxItems The most items.
  uniqueItems Must be false; use x-kubernetes-list-type: set.
  minProperties The least number of fields.
  maxProperties The most fields.
  dependencies Not allowed.
  definitions Not allowed.
  externalDocs More to read.
  example An example.
  x-kubernetes-preserve-unknown-fields Keeps fields that the schema does not name.
  x-kubernetes-embedded-resource Says that the value is an object with apiVersion, kind and metadata.
  x-kubernetes-int-or-string Allows a number or a text.
  x-kubernetes-list-type How writers share the list: atomic, set or map.
  x-kubernetes-list-map-keys Which fields tell items of a map list apart.
  x-kubernetes-map-type How writers share the map: granular or atomic.
  x-kubernetes-validations Rules in the Common Expression Language.

[coordination.k8s.io/v1]
Lease Who leads, and until when.
LeaseSpec The state of a lease.
  holderIdentity Who holds it.
  leaseDurationSeconds How long others wait after renewTime.
  acquireTime When the holder got it.
  renewTime When the holder renewed it last.
  leaseTransitions How often it changed hands.
  strategy How the next holder is chosen.
  preferredHolder Who should take over.

[discovery.k8s.io/v1]
EndpointSlice A part of the addresses behind a Service.
  addressType IPv4, IPv6 or FQDN. Fixed.
  endpoints The addresses.
  ports Ports of every address.
Endpoint One backend of a Service.
  zone The zone it is in.
  hints Who should use it.
  deprecatedTopology What the older version of the API told of places.
EndpointConditions Whether a backend can be used.
  ready Whether new connections should go there.
  serving Whether it answers, even while it ends.
  terminating Whether it is being ended.
EndpointHints Who should use a backend.
  forZones Zones.
  forNodes Nodes.
ForZone A zone.
ForNode A node.
EndpointPort A port of a slice.

[events.k8s.io/v1]
Event Something that happened to an object. Kept for an hour.
  regarding The object that it is about.
  note What happened, for people.
  type Normal or Warning.
  deprecatedSource Who reports it, as core/v1 has it.
  deprecatedFirstTimestamp When it was seen first, as core/v1 has it.
  deprecatedLastTimestamp When it was seen last, as core/v1 has it.
  deprecatedCount How often it was seen, as core/v1 has it.
EventSeries A run of equal events.

[policy/v1]
PodDisruptionBudget How many pods may be evicted at once.
PodDisruptionBudgetSpec The budget.
  minAvailable How many pods must stay, as a number or in percent.
  maxUnavailable How many pods may be missing, as a number or in percent.
  unhealthyPodEvictionPolicy Whether pods that are not ready may always be evicted: IfHealthyBudget or AlwaysAllow.
PodDisruptionBudgetStatus What is left of a budget.
  disruptedPods Pods whose eviction was allowed and is not seen yet.
  disruptionsAllowed How many pods may be evicted now.
  currentHealthy Pods that are healthy.
  desiredHealthy How many must be.
  expectedPods How many are counted.
Eviction Asks a pod to go, if its budget allows.
  deleteOptions How it shall be deleted.

[scheduling.k8s.io/v1]
PriorityClass A name for a priority.
  value The priority; higher goes first.
  globalDefault Whether pods without a class get this one.
  preemptionPolicy Whether pods of lower priority may be evicted: PreemptLowerPriority or Never.

[autoscaling/v1]
Scale How many replicas an object has and shall have.
ScaleSpec What is wanted.
  replicas How many there shall be.
ScaleStatus What there is.
  replicas How many there are.
  selector Which pods are counted, as text.
CrossVersionObjectReference The object that is scaled.
HorizontalPodAutoscaler Scales by CPU.
HorizontalPodAutoscalerSpec What is scaled, and by what.
  scaleTargetRef The object.
  minReplicas The least number of pods. 1 when left out.
  maxReplicas The most pods.
  targetCPUUtilizationPercentage The CPU to reach, in percent of the requests.
HorizontalPodAutoscalerStatus What is known of an autoscaler.
  lastScaleTime When it last changed the number.
  desiredReplicas How many it wants.
  currentCPUUtilizationPercentage The CPU in use.

[autoscaling/v2]
HorizontalPodAutoscaler Scales by metrics.
HorizontalPodAutoscalerSpec What is scaled, and by what.
  scaleTargetRef The object.
  minReplicas The least number of pods. 1 when left out.
  maxReplicas The most pods.
  metrics What is looked at; the highest wish wins.
  behavior How fast the number changes.
HorizontalPodAutoscalerStatus What is known of an autoscaler.
  lastScaleTime When it last changed the number.
  desiredReplicas How many it wants.
  currentMetrics The values that were last seen.
HorizontalPodAutoscalerCondition One observation of an autoscaler.
  status True, False or Unknown.
HorizontalPodAutoscalerBehavior How fast the number changes.
  scaleUp Upwards.
  scaleDown Downwards.
HPAScalingRules How fast the number changes in one direction.
  stabilizationWindowSeconds How long past wishes are looked at.
  selectPolicy Which policy counts: Max, Min or Disabled.
  policies The policies.
  tolerance How far a value may be off before anything is done.
HPAScalingPolicy A policy.
  type Pods or Percent.
  value How many.
  periodSeconds In how many seconds.
CrossVersionObjectReference The object that is scaled.
MetricSpec What is looked at.
  type Object, Pods, Resource, ContainerResource or External.
  object A metric of another object.
  pods A metric of the pods.
  resource A resource of the pods.
  containerResource A resource of one container.
  external A metric from outside the cluster.
MetricStatus What was seen.
  type Object, Pods, Resource, ContainerResource or External.
  object A metric of another object.
  pods A metric of the pods.
  resource A resource of the pods.
  containerResource A resource of one container.
  external A metric from outside the cluster.
MetricTarget The value to reach.
  type Utilization, Value or AverageValue.
MetricValueStatus The value that was seen.
MetricIdentifier A metric.
ObjectMetricSource A metric of another object.
ObjectMetricStatus A metric of another object.
PodsMetricSource A metric of the pods.
PodsMetricStatus A metric of the pods.
ResourceMetricSource A resource of the pods.
ResourceMetricStatus A resource of the pods.
ContainerResourceMetricSource A resource of one container.
ContainerResourceMetricStatus A resource of one container.
ExternalMetricSource A metric from outside the cluster.
ExternalMetricStatus A metric from outside the cluster.

[networking.k8s.io/v1]
Ingress Leads HTTP from outside to Services.
IngressSpec What leads where.
  ingressClassName Who implements it.
  defaultBackend Where everything else goes.
  tls Certificates.
  rules Hosts and paths.
IngressRule The paths of a host.
  host The host name; * for one label in front.
  http The paths.
IngressRuleValue The paths of a host.
  http The paths.
HTTPIngressRuleValue The paths of a host.
  paths The paths.
HTTPIngressPath A path and where it leads.
  path The path.
  pathType Exact, Prefix or ImplementationSpecific.
  backend Where it leads.
IngressBackend Where a path leads. Exactly one.
  service A Service.
  resource Another object of the namespace.
IngressServiceBackend A port of a Service.
ServiceBackendPort A port, by name or number.
  number The number.
IngressTLS A certificate and its hosts.
  hosts Host names of the certificate.
IngressStatus Where an Ingress is reached.
  loadBalancer Its load balancer.
IngressLoadBalancerStatus Where an Ingress is reached.
  ingress Its addresses.
IngressLoadBalancerIngress An address of an Ingress.
IngressPortStatus A port of an Ingress.
IngressClass Who implements Ingresses.
IngressClassSpec An implementation.
  controller Its name.
  parameters More settings.
IngressClassParametersReference Where the settings are.
  scope Namespace or Cluster.
NetworkPolicy Which traffic of pods is let through.
NetworkPolicySpec Which traffic is let through.
  policyTypes Ingress, Egress or both.
  ingress What may come in; nothing when empty.
  egress What may go out; nothing when empty.
NetworkPolicyIngressRule What may come in.
  from From whom; anybody when empty.
NetworkPolicyEgressRule What may go out.
  to To whom; anybody when empty.
NetworkPolicyPeer Whom traffic comes from or goes to.
  ipBlock Addresses.
NetworkPolicyPort A port, or a range.
  endPort The end of the range that begins with port.
IPBlock A range of addresses.
  cidr The range.
  except Ranges within it that are left out.
IPAddress An address that is taken.
IPAddressSpec Whose address it is.
  parentRef The object that has it.
ParentReference The object that has an address.
  group Its API group.
  resource Its resource.
ServiceCIDR A range of addresses for Services.
ServiceCIDRSpec The ranges.
  cidrs The ranges, one a family.
ServiceCIDRStatus What is known of a range.
`;
