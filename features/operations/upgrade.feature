@profile:OPERATIONS @core @must
Feature: Driver and provider come and go, volumes stay
  Upgrades, restarts and what earlier releases or a killed process left behind.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/getting-started/upgrades

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @UPG-01
  Scenario: Without rotation a restarted driver leaves the volumes of running pods alone
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    And the driver is killed and leaves its socket behind
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @UPG-02
  Scenario: A provider that was restarted is found again without a restart of the driver
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the pod has a second volume of the SecretProviderClass "more-secrets"
    And the provider is stopped
    And the provider is started again
    When kubelet publishes the second volume
    Then the second volume holds the file "password" with "first"

  @UPG-03
  Scenario: A SecretProviderClass written as v1alpha1 mounts like any other
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass was written as v1alpha1
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @UPG-03a
  Scenario: Whoever writes v1alpha1 is told that it is deprecated
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass was written as v1alpha1
    When kubelet publishes the volume
    Then the publish succeeds
    And the API server warned "secrets-store.csi.x-k8s.io/v1alpha1 is deprecated. Use secrets-store.csi.x-k8s.io/v1 instead."

  @UPG-04 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: Files that an older provider wrote itself give way to the driver's
    Given the driver rotates every 2 minutes
    And a provider that writes the file "password" into the target path itself
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "second"
    And every name at the top of the volume is a link through "..data"

  @UPG-05
  Scenario: The status object follows a pod of that name to another node
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the pod moves to the node "node-1"
    When kubelet publishes the volume
    Then the status object belongs to the pod and the node "node-1"

  @UPG-06 @behaviour:upstream-1.6
  Scenario: Upstream never writes again where a killed writer left its link
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a killed writer has left "..data_tmp" in the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @UPG-06h @behaviour:hardened
  Scenario: What a killed writer left is no obstacle
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a killed writer has left "..data_tmp" in the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "second"

  @UPG-07 @behaviour:upstream @needs:mounts
  Scenario: Upstream cannot get past a dead mount
    Given a mount whose server has gone lies on the target path
    And a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the publish fails with "Internal"
    And the failure says "transport endpoint is not connected"

  @UPG-07h @behaviour:hardened @needs:mounts
  Scenario: A dead mount is detached and mounted anew
    Given a mount whose server has gone lies on the target path
    And a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @UPG-07a @needs:mounts
  Scenario: A dead mount is no obstacle to an unpublish
    Given a mount whose server has gone lies on the target path
    When kubelet unpublishes the volume
    Then the unpublish succeeds
    And the target path does not exist

  @UPG-08
  Scenario: A driver that is told to stop finishes the call under way
    Given a provider that returns the file "password" holding "first" after 3 seconds
    When kubelet publishes the volume and 1 seconds later the driver is told to stop
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @UPG-09 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A Helm upgrade from v1.5 keeps the definitions, and what was written by them
    Given a provider that returns the file "password" holding "first"
    And the Helm release of the driver's chart v1.5 with rotation
    When the release is upgraded to this chart with rotation "on"
    And kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @UPG-09a @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A Helm upgrade from v1.5 takes the rights to rotate and to ask for tokens, and the driver does without
    Given a provider that returns the file "password" holding "first"
    And the Helm release of the driver's chart v1.5 with rotation
    When the release is upgraded to this chart with rotation "on"
    And kubelet publishes the volume
    Then the volume holds the file "password" with "first"
    And these roles and bindings stand no more:
      | secretproviderrotation-role            |
      | secretproviderrotation-rolebinding     |
      | secretprovidertokenrequest-role        |
      | secretprovidertokenrequest-rolebinding |

  @UPG-09b @behaviour:hardened @behaviour:upstream-1.6
  Scenario Outline: A Helm upgrade from v1.5 with rotation <rotation> lets kubelet republish: <republish>
    Given a provider that returns the file "password" holding "first"
    And the Helm release of the driver's chart v1.5 with rotation
    When the release is upgraded to this chart with rotation "<rotation>"
    And kubelet publishes the volume
    Then the volume holds the file "password" with "first"
    And the CSIDriver's "requiresRepublish" is <republish>

    Examples:
      | rotation | republish |
      | on       | true      |
      | off      | false     |

  @UPG-10
  Scenario: A pod whose provider is down can be deleted
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the provider is stopped
    When kubelet unpublishes the volume
    Then the unpublish succeeds
    And the target path does not exist

  @UPG-11 @behaviour:upstream-1.6
  Scenario: Upstream dies of a status object without labels
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the status object lost its labels
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish fails with "Unavailable"

  @UPG-11h @behaviour:hardened
  Scenario: A status object that lost its labels gets them back
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the status object lost its labels
    When 3 minutes pass
    And kubelet publishes the volume
    Then the status object is labelled with the node

  @UPG-12 @behaviour:upstream-1.6
  Scenario: Upstream takes the empty mount of a killed driver for a published volume
    Given a provider that returns the file "password" holding "first"
    And the driver was killed "after mount" of a publish
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume is empty

  @UPG-12h @behaviour:hardened
  Scenario: The empty mount of a killed driver is not taken for a published volume
    Given a provider that returns the file "password" holding "first"
    And the driver was killed "after mount" of a publish
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"
