/** Fields that mean the same wherever they stand, then the types of every object's head. See ./index.ts for the form. */
export const COMMON = `
*
  apiVersion Group and version of the schema that this object follows, such as apps/v1.
  kind The type of the object, in CamelCase. Fixed once the object exists.
  metadata Name, namespace, labels and everything else that all objects have.
  spec What is wanted.
  status What the cluster has observed. Written by the system, read by everybody.
  conditions Observations of the state, one for each type.
  lastTransitionTime When the condition last changed from one status to another.
  lastUpdateTime When the condition was last written.
  lastProbeTime When the condition was last looked at.
  lastHeartbeatTime When the condition was last confirmed.
  reason The cause in one CamelCase word, for programs.
  message The cause in a sentence, for people.
  observedGeneration The metadata.generation that this status was made from.
  name The name, unique among its siblings.
  namespace The namespace of the object that is meant.
  uid The uid of the object that is meant.
  apiGroup The API group of the object that is meant; empty for the core group.
  resourceVersion The version of the object that is meant.
  labelSelector Selects objects by their labels.
  selector Selects objects by their labels.
  fsType The file system to mount, such as ext4 or xfs. The plugin chooses when it is left out.
  readOnly Mounts the volume so that nothing in it can be changed. False when left out.
  secretRef The Secret that holds what is needed to connect.
  optional Whether the pod may start when the object or its key does not exist.
  defaultMode Permission bits of files that have none of their own, from 0 to 0777 (decimal in JSON). 0644 when left out.
  mode Permission bits of this file, from 0 to 0777; the volume's default when left out.
  path The path that is meant.
  port The port, by number or by the name it has in the container.
  host The host name to connect to; the pod's address when left out.
  protocol UDP, TCP or SCTP. TCP when left out.
  appProtocol The protocol spoken on the port, as a hint for implementations: an IANA name or one with a domain prefix.
  operator How key and values are compared.
  values What the value is compared with.
  weight How much this counts, from 1 to 100.
  key The key that is meant.
  value The value.
  type The type, one of those that the kind knows.
  replicas How many pods there are, or shall be.
  minReadySeconds How long a new pod must be ready before it counts as available.
  revisionHistoryLimit How many old revisions are kept to go back to.
  collisionCount How many names of revisions were already taken.
  currentRevision Name of the revision that pods had before the update.
  updateRevision Name of the revision that pods are updated to.
  readyReplicas Pods that are ready.
  availableReplicas Pods that have been ready for minReadySeconds.
  updatedReplicas Pods made from the newest template.
  currentReplicas Pods made from the current revision.
  unavailableReplicas Pods that are still missing before all are available.
  fullyLabeledReplicas Pods that have all labels of the template.
  terminatingReplicas Pods that are being deleted and are not gone yet.
  template The pod that is made, with labels that the selector matches.
  count How many there are.
  ip An IP address.
  hostname A host name.
  volumeID The volume's id at its provider.
  partition The partition of the device to mount; 0 for the whole device.
  lun Number of the logical unit.
  user The user to connect as.
  kubeletConfigKey The key of the ConfigMap that holds the kubelet's configuration.
  containerName The container that is meant.
  resourceName The resource that is meant.
  requestName The request within the claim.
  description A text for people.
  error What went wrong, when it did.
  data The content.
  request The request within the claim; all of it when left out.
  signerName The signer whose certificates are meant.
  volumeName The volume that is meant.
  storageClassName Name of the StorageClass.
  volumeMode Filesystem or Block. Filesystem when left out.
  accessModes How the volume may be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
  mountOptions Options of mount(8), such as ro or soft. They are not checked.
  capacity How much of each resource there is.
  nodeName The node that is meant.
  podSelector Selects pods by their labels.
  namespaceSelector Selects namespaces by their labels.
  matchLabelKeys Keys of pod labels whose values are taken from the incoming pod and added to the selector.
  mismatchLabelKeys Keys of pod labels whose values must differ from the incoming pod's.
  rules The rules, tried in order.
  matchExpressions Requirements that must all hold.
  target The value to reach.
  current The value that was last seen.
  metric The metric, by name and selector.
  value The value.
  averageValue The value as an average over the pods.
  averageUtilization The value in percent of what the pods request.
  container The container whose use is looked at.
  describedObject The object that the metric describes.
  monitors Addresses of the monitors.
  image The image that is meant.
  pool The pool.
  keyring The path of the key ring.
  endpoints Where it is reached.
  targetRef The object behind the address.
  addresses The addresses.
  ports The ports.
  secretName Name of the Secret.
  shareName Name of the share.
  driver Name of the driver.
  gateway Address of the API gateway.
  system Name of the storage system.
  sslEnabled Whether to connect over TLS.
  protectionDomain The protection domain.
  storagePool The storage pool.
  storageMode Thick or thin provisioning. Thin when left out.
  volumeNamespace The namespace of the volume at its provider.
  targetPortal Address and port of the portal.
  portals More portals.
  iqn Qualified name of the target.
  iscsiInterface The interface to use; default when left out.
  chapAuthDiscovery Whether discovery authenticates with CHAP.
  chapAuthSession Whether sessions authenticate with CHAP.
  initiatorName Qualified name of the initiator.
  options Options of the driver.
  limits The most that may be used.
  requests What is set aside; the limits when left out.
  observedAt When it was seen.
  lastObservedTime When the newest occurrence was seen.
  reportingController Name of the controller that reports, such as kubernetes.io/kubelet.
  reportingComponent Name of the controller that reports, such as kubernetes.io/kubelet.
  reportingInstance Which instance of the controller reports.
  related A second object that the action concerns.
  action What was done, or failed to be done.
  eventTime When it happened first.
  series What is told of a run of equal events; absent for a single one.

[meta/v1]
ObjectMeta What every stored object has, whatever its kind.
  name Unique among the objects of its kind in the namespace. Fixed once the object exists.
  generateName A prefix, used when name is empty: the server appends five characters until the name is free.
  namespace The namespace that the name is unique in; empty for objects of the whole cluster. Fixed once the object exists.
  selfLink Not filled any more.
  uid Unique in time and space, given by the server: an object deleted and made again has another.
  resourceVersion Changes with every write. Send it back to be refused when somebody else was faster; compare it for equality alone.
  generation Counts the changes of what is wanted.
  creationTimestamp When the server stored the object. Set by the server.
  deletionTimestamp When the object will be gone. Set by the server when a graceful deletion is asked for; nobody takes it back.
  deletionGracePeriodSeconds How long the object has to end before it is removed. May only shrink.
  labels Keys and values to organise and select objects by.
  annotations Keys and values for tools to keep what is theirs. They are not selected by.
  ownerReferences Objects that this one depends on: when all of them are gone, it goes, too.
  finalizers Who must do something before the object is removed. It stays, with a deletionTimestamp, until the list is empty.
  managedFields Who has set which field, and how. Kept by the server for server-side apply.
ListMeta What every list has.
  selfLink Not filled any more.
  resourceVersion The version of the list, to begin a watch with.
  continue Not empty when there is more: send it with the next request to get the next page.
  remainingItemCount About how many items follow this page. Absent with selectors.
OwnerReference Tells an object that another one depends on. It must be in the same namespace or in none.
  kind Kind of the owner.
  name Name of the owner.
  apiVersion API version of the owner.
  uid Uid of the owner; one of the same name and another uid is somebody else.
  controller Whether this owner is the one that manages the object.
  blockOwnerDeletion Whether a foreground deletion of the owner waits for this object.
ManagedFieldsEntry The fields that one manager has set, by one operation, in one version.
  manager Who has set them, such as kubectl or helm.
  operation Apply or Update.
  apiVersion The version that the paths of the fields belong to.
  time When the manager last changed what it owns.
  fieldsType The form of fieldsV1: FieldsV1.
  fieldsV1 The fields, as a tree: f: names a field, k: an item by its keys, v: an item by its value, . the thing itself.
  subresource The subresource they were set by; empty for the object itself.
LabelSelector Selects by labels. What is named must all hold; an empty selector selects everything, none at all nothing.
  matchLabels Labels that must have these values.
  matchExpressions Requirements that must all hold as well.
LabelSelectorRequirement One requirement of a selector.
  key The label that is looked at.
  operator In, NotIn, Exists or DoesNotExist.
  values What the label is compared with: needed by In and NotIn, forbidden with the others.
FieldSelectorRequirement One requirement on a field.
  key The field that is looked at.
  operator In, NotIn, Exists or DoesNotExist.
  values What the field is compared with: needed by In and NotIn, forbidden with the others.
DeleteOptions How an object shall be deleted.
  gracePeriodSeconds How long the object may take to end. 0 removes it at once; the kind's own default when left out.
  preconditions What must hold, or the deletion is refused with 409.
  orphanDependents Deprecated: use propagationPolicy. True leaves dependents alone.
  propagationPolicy What happens to dependents: Orphan, Background or Foreground.
  dryRun All does everything but the deletion.
  ignoreStoreReadErrorWithClusterBreakingPotential Deletes even what cannot be read from the store. Dangerous.
Preconditions What must hold of an object before it is changed.
  uid Its uid.
  resourceVersion Its version.
Condition One observation of an object's state.
  type What is observed, in CamelCase or with a domain prefix.
  status True, False or Unknown.
Status The answer to a call that returns no object.
  status Success or Failure.
  code The HTTP status.
  reason Why the call failed, in one word that programs can rely on.
  details More about the failure, by reason.
StatusCause One cause of a failure.
  field The field that is wrong, such as spec.containers[0].image.
StatusDetails More about a failure.
  group API group of the object that was asked for.
  causes What is wrong, one entry a cause.
  retryAfterSeconds How long to wait before the call is tried again.
PartialObjectMetadata Any object, of which the metadata alone is told.

[other]
Time A time in RFC 3339, to the second, such as 2026-11-26T06:00:00Z.
MicroTime A time in RFC 3339, to the microsecond.
FieldsV1 A set of fields as a tree.
Patch A patch, in the form that the media type says.
Quantity A number with a unit, such as 500m, 1.5Gi or 2k.
IntOrString A number, or a text such as a port's name or a percentage.
RawExtension Any object.
JSON Any value.
JSONSchemaPropsOrArray A schema. A list of schemas is not allowed.
JSONSchemaPropsOrBool A schema, or true for anything.
JSONSchemaPropsOrStringArray A schema, or a list of names.
`;
