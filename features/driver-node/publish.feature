@profile:DRIVER-NODE @core @must
Feature: NodePublishVolume and NodeUnpublishVolume
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/concepts

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And a provider that returns the file "password" holding "first"

  @CSI-10
  Scenario Outline: A publish without <missing> is refused before anything is done
    When kubelet publishes the volume without "<missing>"
    Then the publish fails with "InvalidArgument"
    And the failure says "<text>"
    And the target path does not exist
    And the provider was not called

    Examples:
      | missing                                              | text                                  |
      | volume capability, volume id, target path and context | Volume capability missing in request  |
      | volume id, target path and context                   | Volume ID missing in request          |
      | target path and context                              | Target path missing in request        |
      | context                                              | Volume attributes missing in request  |

  @CSI-11
  Scenario: The volume names no SecretProviderClass
    When kubelet publishes the volume without "secretProviderClass"
    Then the publish fails with "Unknown"
    And the failure says "secretProviderClass is not set"
    And the target path is not a mount

  @CSI-12
  Scenario: The SecretProviderClass does not exist
    Given the SecretProviderClass is deleted
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "failed to get secretproviderclass shop/app-secrets, error: "
    And the target path is not a mount
    And the metric "node_publish_error_total" with "SecretProviderClassNotFound" counts 1

  @CSI-13
  Scenario: A SecretProviderClass of the same name in another namespace does not serve
    Given the SecretProviderClass is deleted
    And a SecretProviderClass "app-secrets" in the namespace "elsewhere"
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "failed to get secretproviderclass shop/app-secrets, error: "
    And the provider was not called

  @CSI-14
  Scenario Outline: A SecretProviderClass without <part> is refused by name
    Given the SecretProviderClass has no <part>
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "<text>"
    And the provider was not called

    Examples:
      | part       | text                                   |
      | provider   | provider not set in shop/app-secrets   |
      | parameters | parameters not set in shop/app-secrets |

  @CSI-15
  Scenario: Secrets are never published read-write
    When kubelet publishes the volume read-write
    Then the publish fails with "InvalidArgument"
    And the failure says "Readonly is not true in request"
    And the provider was not called

  @CSI-16
  Scenario Outline: An unpublish without <missing> is refused
    When kubelet unpublishes the volume without "<missing>"
    Then the unpublish fails with "InvalidArgument"
    And the failure says "<text>"

    Examples:
      | missing     | text                           |
      | volume id   | Volume ID missing in request   |
      | target path | Target path missing in request |

  @CSI-17
  Scenario: Unpublishing what was never there succeeds, also twice
    When kubelet unpublishes the volume
    Then the unpublish succeeds
    When kubelet unpublishes the volume
    Then the unpublish succeeds

  @CSI-18 @processes
  Scenario: Unpublishing takes mount and directory away without asking anybody
    Given kubelet has published the volume
    When kubelet unpublishes the volume
    Then the unpublish succeeds
    And the target path does not exist
    And the provider was called once
    And the API server was not asked for anything meanwhile

  @MNT-01 @needs:mounts
  Scenario: A first publish mounts memory at a target path that was not there
    When kubelet publishes the volume
    Then the publish succeeds
    And the target path is a tmpfs mount

  @MNT-14
  Scenario: Without rotation a published volume is left alone, provider up or down
    Given kubelet has published the volume
    And the provider is stopped
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"
    And the provider was called once

  @MNT-15 @processes
  Scenario: A first publish that fails leaves no mount behind
    Given a provider that answers "PermissionDenied" with "not yours"
    When kubelet publishes the volume
    Then the publish fails with "PermissionDenied"
    And the target path is not a mount

  @MNT-16
  Scenario: The status object says what was mounted, for whom and where
    Given a provider that returns the files:
      | path     | mode | content | id              | version |
      | username | 0644 | user    | secret/username | 7       |
      | password | 0644 | pass    | secret/password | 3       |
    When kubelet publishes the volume
    Then the publish succeeds
    And the status object is named "web-shop-app-secrets" and belongs to the pod alone
    And the status object is labelled with the node
    And the status object lists, in this order:
      | id              | version |
      | secret/password | 3       |
      | secret/username | 7       |

  @MNT-17
  Scenario: A status object left by another node is taken over
    Given a status object of the volume that another node wrote for another pod
    When kubelet publishes the volume
    Then the publish succeeds
    And the status object is named "web-shop-app-secrets" and belongs to the pod alone
    And the status object is labelled with the node

  @MNT-18 @processes
  Scenario: A first publish whose status cannot be written is undone
    Given the driver may not write status objects
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "failed to create secret provider class pod status for pod shop/web, err: "
    And the target path is not a mount

  @MNT-19
  Scenario: Two volumes of one pod are two mounts with a status object each
    Given the pod has a second volume of the SecretProviderClass "more-secrets"
    When kubelet publishes the volume
    And kubelet publishes the second volume
    Then the publish succeeds
    And the status object "web-shop-app-secrets" exists
    And the status object "web-shop-more-secrets" exists
    And the second volume holds the file "password" with "first"

  @MNT-25
  Scenario: A SecretProviderClass that is put right after a failed publish is used by the next
    Given the SecretProviderClass has no parameters
    And kubelet has tried to publish the volume
    And the SecretProviderClass names the objects "password"
    And 1 minutes pass
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"
