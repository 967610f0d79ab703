@profile:DRIVER-SYNC @core @must
Feature: Whose a Secret is, and who may write it
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And a provider that returns the file "password" holding "first"
    And the driver may write Secrets

  @SYN-18 @behaviour:upstream-1.6
  Scenario: A Secret that somebody else made is overwritten
    Given a Secret "creds" of the type "Opaque" that somebody else made
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the Secret "creds" has the label "secrets-store.csi.k8s.io/managed=true"

  @SYN-18h @behaviour:hardened
  Scenario: A Secret that somebody else made is left alone, and the pod is told
    Given a Secret "creds" of the type "Opaque" that somebody else made
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the Secret "creds" is as somebody else made it
    And the volume holds the file "password" with "first"
    And the pod is told that a Secret failed: "it is not the driver's"

  @SYN-19
  Scenario: A Secret of another type is left alone
    Given a Secret "creds" of the type "example.com/x" that somebody else made
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the Secret "creds" is as somebody else made it
    And the volume holds the file "password" with "first"

  @SYN-19q @behaviour:upstream-1.6
  Scenario: A Secret of another type is told of as a timeout
    Given a Secret "creds" of the type "example.com/x" that somebody else made
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the pod is told that a Secret failed: "timed out waiting for the condition"

  @SYN-19h @behaviour:hardened
  Scenario: A Secret of another SecretProviderClass is left alone, and the pod is told
    Given the SecretProviderClass "more-secrets" asks for the Secret "creds"
    And the pod has a second volume that is published first
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | password | first |
    And the pod is told that a Secret failed: "the SecretProviderClass \"more-secrets\" owns it"

  @SYN-25h @behaviour:hardened
  Scenario: The Secret stands when the publish returns
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the Secret "creds" is there at once

  @SYN-26h @behaviour:hardened
  Scenario: A republish that changes nothing writes no Secret
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And the driver rotates every 2 minutes
    And kubelet has published the volume
    When 2 minutes pass
    And kubelet publishes the volume
    Then no Secret was written meanwhile

  @SYN-27h @behaviour:hardened
  Scenario: A new value is one write, and the owners stay
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And the driver rotates every 2 minutes
    And the pod belongs to the ReplicaSet "web-1" with the UID "uid-1111"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 2 minutes pass
    And kubelet publishes the volume
    Then one Secret was written meanwhile, once
    And there is a Secret "creds" of the type "Opaque" with:
      | k | second |
    And the Secret "creds" belongs to "ReplicaSet web-1 uid-1111"

  @SYN-28h @behaviour:hardened
  Scenario: A recreated owner of the same name is an owner of its own
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And the pod belongs to the ReplicaSet "web-1" with the UID "uid-1111"
    And kubelet has published the volume
    And the pod belongs to the ReplicaSet "web-1" with the UID "uid-2222"
    When kubelet publishes the volume
    Then the Secret "creds" belongs to "ReplicaSet web-1 uid-1111, ReplicaSet web-1 uid-2222"

  @SYN-29 @behaviour:upstream
  Scenario: One SecretProviderClass that is missing keeps the owners from every Secret of the node
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And a status object of a pod whose SecretProviderClass is gone
    When kubelet publishes the volume
    And 20 seconds pass
    Then the Secret "creds" belongs to ""

  @SYN-29h @behaviour:hardened
  Scenario: One SecretProviderClass that is missing is no other Secret's concern
    Given the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And a status object of a pod whose SecretProviderClass is gone
    When kubelet publishes the volume
    And 20 seconds pass
    Then the Secret "creds" belongs to "SecretProviderClassPodStatus web-shop-app-secrets"

  @SYN-30h @behaviour:hardened
  Scenario: A Secret that is asked for later is made at once
    Given kubelet has published the volume
    When the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | first |
