@profile:OPERATIONS @core @must
Feature: Whatever dies comes back, and nothing is lost
  A publish is a row of steps between processes that may die at any of them.
  Docs: https://kubernetes-csi.github.io/docs/ephemeral-local-volumes.html

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @REC-01 @behaviour:hardened @needs:virtual-time
  Scenario Outline: A driver that was killed <point> of a first publish makes the volume whole when it is back
    Given a provider that returns the file "password" holding "first"
    And the driver was killed "<point>" of a publish
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"
    And the status object "web-shop-app-secrets" exists
    And the volume holds nothing besides

    Examples:
      | point                              |
      | before provider                    |
      | writing: a file                    |
      | writing: the new link to the data  |
      | writing: the switch                |
      | before status                      |

  @REC-02 @behaviour:hardened @needs:virtual-time
  Scenario Outline: A driver that was killed at "<point>" of a rotation leaves nothing behind when it is back
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "token" holding "second"
    And 3 minutes pass
    And the driver was killed "<point>" of a publish
    When kubelet publishes the volume
    Then the volume holds the file "token" with "second"
    And the volume holds nothing besides

    Examples:
      | point                                            |
      | writing: a link                                  |
      | writing: a link that is not needed any more goes |
      | writing: the old data go                         |

  @REC-11 @behaviour:hardened
  Scenario: The empty mount of a killed driver goes when the publish that follows fails
    Given a provider that returns the file "password" holding "first"
    And the driver was killed "after mount" of a publish
    And a provider that answers "PermissionDenied" with "not yours"
    When kubelet publishes the volume
    Then the publish fails with "PermissionDenied"
    And the target path is not a mount

  @REC-03
  Scenario: A provider that dies in the middle of a Mount is asked again when it is back
    Given a provider that dies 1 seconds into a Mount, is back 1 seconds later and returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @REC-04 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: An hour without the API server does not take the volume's content
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the API server is out of order
    When 60 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @REC-05
  Scenario: A pod can be deleted while the API server is down
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the API server is out of order
    When 60 minutes pass
    And kubelet unpublishes the volume
    Then the unpublish succeeds
    And the target path does not exist

  @REC-06 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: After an hour without the API server status and content agree again
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    And the API server is out of order
    And 60 minutes pass
    And kubelet publishes the volume
    And the API server is in order again
    When 3 minutes pass
    And kubelet publishes the volume
    Then the status object lists, in this order:
      | id | version |
      | a  | second  |

  @REC-07 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A SecretProviderClass that changed while a watch was too old to resume is seen
    Given the driver rotates every 2 minutes
    And a provider that returns a file for each object that the SecretProviderClass names
    And the SecretProviderClass names the objects "a"
    And kubelet has published the volume
    And the API server is out of order
    And 60 minutes pass
    And the SecretProviderClass came to name the objects "b" and the API server forgot its history
    And the API server is in order again
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "b" with "of b"

  @REC-08
  Scenario: After a reboot of the node the volume is mounted and filled anew
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the node was rebooted
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @REC-09 @needs:mounts
  Scenario: A volume in which a process still works is not unpublished
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a process works inside the volume
    When kubelet unpublishes the volume
    Then the unpublish fails with "Internal"
    And the failure says "target is busy"

  @REC-09a @needs:mounts
  Scenario: A volume is unpublished once the process that worked in it has ended
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a process works inside the volume
    And kubelet has tried to unpublish the volume
    And the process inside the volume ends
    When kubelet unpublishes the volume
    Then the unpublish succeeds
    And the target path does not exist

  @REC-10 @behaviour:hardened
  Scenario: A publish that kubelet gave up and repeated makes one volume
    Given a provider that returns the file "password" holding "first" after 3 seconds
    When kubelet gives up its publish after 1 seconds and publishes the volume again
    Then the publish succeeds
    And the volume holds the file "password" with "first"
    And the volume holds nothing besides
