@profile:DRIVER-ROTATION @core @must @behaviour:upstream-1.5 @needs:virtual-time
Feature: Before v1.6 the driver rotates by itself
  A timer of the driver's own, with its own events and its own view of the pod, asks the providers; kubelet's
  republish does nothing.
  Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.5.6/pkg/rotation/reconciler.go

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And the driver rotates every 2 minutes

  @ROT-15
  Scenario: A new value is told to the pod as a mount that was rotated
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    Then the pod has a Normal event "MountRotationComplete" that says "successfully rotated mounted contents for spc shop/app-secrets"

  @ROT-15a
  Scenario: A new value is told to the pod as a Secret that was rotated
    Given the rotated volume is synced to the Secret "db" with the key "pw" from "password"
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    Then the pod has a Normal event "SecretRotationComplete" that says "successfully rotated K8s secret db"

  @ROT-15b
  Scenario: A new value reaches the volume without any call of kubelet's
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    Then the volume holds the file "password" with "second"

  @ROT-15c
  Scenario: A provider's failure is told to the pod in its words
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    When 3 minutes pass
    Then the pod has a Warning event "MountRotationFailed" that says "provider mount err: rpc error: code = Internal desc = the store is down"

  @ROT-16
  Scenario: The Secret of a nodePublishSecretRef is not seen without its label
    Given the pod's volume names the nodePublishSecretRef "creds", which has no label
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    Then the pod has a Warning event "MountRotationFailed" that says "failed to get node publish secret shop/creds"

  @ROT-17
  Scenario: The provider is told the versions that the volume holds
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    Then the provider was asked with the object versions "a=first"

  @ROT-17a
  Scenario: The provider is not told what only kubelet's call carries
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    Then the provider's attributes hold neither "csi.storage.k8s.io/ephemeral" nor "secretProviderClass"

  @ROT-22
  Scenario: A driver to which kubelet sends no tokens asks for them itself
    Given the CSIDriver wants tokens for the audience "vault"
    And a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the provider's attributes hold a token for the audience "vault"
