/** Volumes of pods, PersistentVolumes and claims. See ./index.ts for the form. */
export const VOLUMES = `
[core/v1]
VolumeSource Where a volume's content comes from.
  hostPath A file or folder of the node.
  emptyDir An empty folder that lives as long as the pod.
  secret A Secret, one file a key.
  configMap A ConfigMap, one file a key.
  downwardAPI Fields of the pod as files.
  projected Several sources in one folder: Secrets, ConfigMaps, fields of the pod, tokens.
  csi A volume of a CSI driver, such as secrets-store.csi.k8s.io.
  persistentVolumeClaim A claim of the namespace.
  ephemeral A claim that is made for this pod and goes with it.
  image The files of an OCI image.
  nfs A share of an NFS server.
  iscsi A disk over iSCSI.
  fc A disk over Fibre Channel.
  local A disk or folder of one node.
  flexVolume Deprecated: a volume of an exec based plugin.
  gitRepo Deprecated: a clone of a git repository.
  awsElasticBlockStore Deprecated: an EBS disk; its CSI driver takes over.
  azureDisk Deprecated: an Azure disk; its CSI driver takes over.
  azureFile Deprecated: an Azure share; its CSI driver takes over.
  gcePersistentDisk Deprecated: a GCE disk; its CSI driver takes over.
  cinder Deprecated: a Cinder volume; its CSI driver takes over.
  vsphereVolume Deprecated: a vSphere disk; its CSI driver takes over.
  portworxVolume Deprecated: a Portworx volume; its CSI driver takes over.
  cephfs Deprecated: CephFS; no longer in-tree.
  rbd Deprecated: a Ceph block device; no longer in-tree.
  glusterfs Deprecated: GlusterFS; no longer in-tree.
  flocker Deprecated: Flocker; no longer in-tree.
  quobyte Deprecated: Quobyte; no longer in-tree.
  photonPersistentDisk Deprecated: a Photon disk; no longer in-tree.
  scaleIO Deprecated: ScaleIO; no longer in-tree.
  storageos Deprecated: StorageOS; no longer in-tree.
Volume A volume of a pod: a name and exactly one source.
  name What containers mount it by, a DNS label.
  & VolumeSource
PersistentVolumeSource Where a PersistentVolume's content is.
  & VolumeSource
SecretVolumeSource A Secret as a folder.
  secretName The Secret of the namespace.
  items Which keys become which files; all of them, under their own names, when left out.
ConfigMapVolumeSource A ConfigMap as a folder.
  items Which keys become which files; all of them, under their own names, when left out.
SecretProjection A Secret within a projected volume.
  items Which keys become which files; all of them, under their own names, when left out.
ConfigMapProjection A ConfigMap within a projected volume.
  items Which keys become which files; all of them, under their own names, when left out.
KeyToPath A key and the file it becomes.
  path The file, relative to the volume's root and without "..".
CSIVolumeSource A volume of a CSI driver that lives as long as the pod.
  driver The CSI driver, by the name of its CSIDriver object.
  readOnly Asks the driver for a mount that nothing can be written to. The Secrets Store driver accepts no other.
  fsType Passed to the driver, which chooses when it is left out.
  volumeAttributes Passed to the driver, which knows their meaning: secretProviderClass names the class of the Secrets Store driver.
  nodePublishSecretRef A Secret of the namespace that is sent to the driver with the publish.
CSIPersistentVolumeSource A volume of a CSI driver.
  driver The CSI driver.
  volumeHandle The driver's own id of the volume.
  volumeAttributes What the driver told of the volume when it was made.
  controllerPublishSecretRef Sent with ControllerPublishVolume.
  nodeStageSecretRef Sent with NodeStageVolume.
  nodePublishSecretRef Sent with NodePublishVolume.
  controllerExpandSecretRef Sent with ControllerExpandVolume.
  nodeExpandSecretRef Sent with NodeExpandVolume.
EmptyDirVolumeSource An empty folder that lives as long as the pod.
  medium Empty for the node's disk, Memory for a tmpfs.
  sizeLimit The most that may be stored.
HostPathVolumeSource A file or folder of the node.
  path The path on the node.
  type What must be there: Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice, BlockDevice; empty for no check.
ProjectedVolumeSource Several sources in one folder.
  sources The sources; later ones win.
VolumeProjection One source of a projected volume. Exactly one.
  secret A Secret.
  configMap A ConfigMap.
  downwardAPI Fields of the pod.
  serviceAccountToken A token of the pod's ServiceAccount, renewed by the kubelet.
  clusterTrustBundle Certificates of a trust bundle.
  podCertificate A certificate for the pod, renewed by the kubelet.
ServiceAccountTokenProjection A token of the pod's ServiceAccount.
  audience Who the token is meant for; the API server when left out.
  expirationSeconds How long it is valid, at least 600. The kubelet renews it at 80 % of that. 3600 when left out.
  path The file, relative to the volume's root.
ClusterTrustBundleProjection Certificates of trust bundles.
  name The bundle; not together with signerName.
  path The file, relative to the volume's root.
PodCertificateProjection A certificate and key for the pod.
  keyType The kind of key to make.
  maxExpirationSeconds The longest validity to ask for.
  credentialBundlePath The file that gets key and certificates.
  keyPath The file that gets the key.
  certificateChainPath The file that gets the certificates.
DownwardAPIVolumeSource Fields of the pod as files.
  items The files.
DownwardAPIProjection Fields of the pod within a projected volume.
  items The files.
DownwardAPIVolumeFile A file with a field of the pod.
  path The file, relative to the volume's root and without "..".
  fieldRef A field of the pod.
  resourceFieldRef A limit or request of a container.
PersistentVolumeClaimVolumeSource A claim of the namespace.
  claimName The claim.
EphemeralVolumeSource A claim that is made for this pod and goes with it.
  volumeClaimTemplate The claim that is made.
PersistentVolumeClaimTemplate A claim that is made for a pod.
ImageVolumeSource The files of an OCI image.
  reference The image.
  pullPolicy When it is pulled: Always, IfNotPresent or Never.
NFSVolumeSource A share of an NFS server.
  server The server.
  path What it exports.
ISCSIVolumeSource A disk over iSCSI.
ISCSIPersistentVolumeSource A disk over iSCSI.
FCVolumeSource A disk over Fibre Channel.
  targetWWNs World wide names of the target.
  wwids World wide ids of the volume.
LocalVolumeSource A disk or folder of one node.
  path The path on the node.
FlexVolumeSource Deprecated: a volume of an exec based plugin.
FlexPersistentVolumeSource Deprecated: a volume of an exec based plugin.
GitRepoVolumeSource Deprecated: a clone of a git repository.
  repository The repository's URL.
  revision The commit.
  directory The folder it is cloned into.
AWSElasticBlockStoreVolumeSource Deprecated: an EBS disk.
AzureDiskVolumeSource Deprecated: an Azure disk.
  diskName Name of the disk.
  diskURI URI of the disk.
  cachingMode None, ReadOnly or ReadWrite.
  kind Shared, Dedicated or Managed.
AzureFileVolumeSource Deprecated: an Azure share.
AzureFilePersistentVolumeSource Deprecated: an Azure share.
  secretNamespace Namespace of the Secret.
GCEPersistentDiskVolumeSource Deprecated: a GCE disk.
  pdName Name of the disk.
CinderVolumeSource Deprecated: a Cinder volume.
CinderPersistentVolumeSource Deprecated: a Cinder volume.
CephFSVolumeSource Deprecated: CephFS.
  secretFile File with the key.
CephFSPersistentVolumeSource Deprecated: CephFS.
  secretFile File with the key.
RBDVolumeSource Deprecated: a Ceph block device.
RBDPersistentVolumeSource Deprecated: a Ceph block device.
GlusterfsVolumeSource Deprecated: GlusterFS.
GlusterfsPersistentVolumeSource Deprecated: GlusterFS.
  endpointsNamespace Namespace of the Endpoints.
FlockerVolumeSource Deprecated: Flocker.
  datasetName Name of the dataset.
  datasetUUID Uid of the dataset.
QuobyteVolumeSource Deprecated: Quobyte.
  registry Addresses of the registry.
  volume Name of the volume.
  group The group to map to.
  tenant The tenant.
PhotonPersistentDiskVolumeSource Deprecated: a Photon disk.
  pdID Id of the disk.
PortworxVolumeSource Deprecated: a Portworx volume.
ScaleIOVolumeSource Deprecated: ScaleIO.
ScaleIOPersistentVolumeSource Deprecated: ScaleIO.
StorageOSVolumeSource Deprecated: StorageOS.
StorageOSPersistentVolumeSource Deprecated: StorageOS.
VsphereVirtualDiskVolumeSource Deprecated: a vSphere disk.
  volumePath Path of the disk.
  storagePolicyName Name of the storage policy.
  storagePolicyID Id of the storage policy.
PersistentVolume A piece of storage of the cluster, with a life of its own.
PersistentVolumeSpec What a PersistentVolume is.
  & PersistentVolumeSource
  claimRef The claim that it is bound to.
  persistentVolumeReclaimPolicy What happens when the claim goes: Retain, Delete or Recycle.
  nodeAffinity Which nodes can reach it.
  volumeAttributesClassName Name of the VolumeAttributesClass.
PersistentVolumeStatus What is known of a PersistentVolume.
  phase Pending, Available, Bound, Released or Failed.
  lastPhaseTransitionTime When the phase changed last.
VolumeNodeAffinity Which nodes can reach a volume.
  required What a node must have.
PersistentVolumeClaim Asks for a PersistentVolume.
PersistentVolumeClaimSpec What a claim asks for.
  resources The least size.
  volumeName The volume it is bound to.
  dataSource What the volume is filled from: a snapshot or another claim.
  dataSourceRef Like dataSource, of any kind and, where allowed, of another namespace.
  volumeAttributesClassName Name of the VolumeAttributesClass.
PersistentVolumeClaimStatus What is known of a claim.
  phase Pending, Bound or Lost.
  allocatedResources What is set aside while the volume is resized.
  allocatedResourceStatuses Where the resize stands.
  currentVolumeAttributesClassName The class whose attributes it has.
  modifyVolumeStatus Where a change of the class stands.
PersistentVolumeClaimCondition One observation of a claim.
  status True, False or Unknown.
ModifyVolumeStatus A change of the VolumeAttributesClass.
  targetVolumeAttributesClassName The class to change to.
  status Pending, InProgress or Infeasible.
VolumeResourceRequirements The size of a volume.
TypedLocalObjectReference An object of the same namespace, of any kind.
TypedObjectReference An object of any kind and namespace.
SecretReference A Secret of any namespace.
AttachedVolume A volume attached to a node.
  devicePath The device it is seen as.
`;
