/** The groups of what runs pods, and of how many and which go first. See ./index.ts for the form. */
export const WORKLOADS = `
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

`;
