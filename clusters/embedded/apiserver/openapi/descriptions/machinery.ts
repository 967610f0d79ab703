/** The groups of storage, network, definitions, leases and events. See ./index.ts for the form. */
export const MACHINERY = `
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
