@profile:DRIVER-SYNC @core @must @whole-cluster
Feature: A Secret lives as long as somebody mounts what it is made of
  A whole cluster with its controllers, its garbage collector and a kubelet.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret

  Background:
    Given a cluster whose driver makes a Secret of what "app-secrets" mounts

  @SYN-03
  Scenario: The Secret of a Deployment belongs to its ReplicaSet
    When the Deployment "web" runs
    Then the synced Secret belongs to "ReplicaSet of web"

  @SYN-05
  Scenario: Of two Deployments one is deleted, then the other
    Given the Deployment "web" runs
    And the Deployment "jobs" runs
    And the synced Secret belongs to "ReplicaSet of jobs, ReplicaSet of web"
    When the Deployment "web" is deleted
    Then the synced Secret belongs to "ReplicaSet of jobs"
    When the Deployment "jobs" is deleted
    Then the synced Secret is gone

  @SYN-24
  Scenario: The Secret of a bare pod goes with the pod
    Given the Pod "web" runs
    And the synced Secret belongs to "SecretProviderClassPodStatus web-shop-app-secrets"
    When the Pod "web" is deleted
    Then the synced Secret is gone

  @SYN-31
  Scenario: A rollout keeps the Secret
    Given the Deployment "web" runs
    When the Deployment "web" rolls out a new image
    Then the synced Secret belongs to the ReplicaSet whose pods of "web" run

  @SYN-31h @behaviour:hardened
  Scenario: A rollout leaves the Secret to the ReplicaSet that it had as well
    Given the Deployment "web" runs
    When the Deployment "web" rolls out a new image
    Then the synced Secret belongs to "ReplicaSet of web, ReplicaSet of web"

  @SYN-32
  Scenario: A Deployment scaled to nothing keeps its Secret for when it comes back
    Given the Deployment "web" runs
    And the synced Secret belongs to "ReplicaSet of web"
    When the Deployment "web" is scaled to 0
    Then the synced Secret is still there

  @SYN-33
  Scenario: The Secret of a StatefulSet survives its pods and goes with it
    Given the StatefulSet "db" runs
    And the synced Secret belongs to "StatefulSet db"
    When the pod of "db" is replaced
    Then the synced Secret belongs to "StatefulSet db"
    When the StatefulSet "db" is deleted
    Then the synced Secret is gone

  @SYN-37
  Scenario: The Secret of a Job goes with the Job
    Given the Job "import" runs
    And the synced Secret belongs to "Job import"
    When the Job "import" is deleted
    Then the synced Secret is gone
