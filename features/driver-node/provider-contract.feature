@profile:DRIVER-NODE @core @must
Feature: What the driver asks of a provider, and what it makes of the answer
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/providers

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And a provider that returns the file "password" holding "first"

  @PC-18 @behaviour:hardened @behaviour:upstream-1.6 @processes
  Scenario: The provider gets the contract's fields
    When kubelet publishes the volume
    Then the provider was asked with the permission "420"
    And the provider was asked with the secrets "null"
    And the provider was asked for the volume's own target path
    And the provider was asked without object versions
    And the provider was asked with the authority "localhost"

  @PC-19
  Scenario: An error code in the answer fails the publish, files or not
    Given a provider that returns the file "password" and the error code "E1"
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "provider error code E1"
    And the target path is not a mount

  @PC-20
  Scenario: An error without a code is none
    Given a provider that returns the file "password" and the error code ""
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @PC-21
  Scenario: Files without object versions are refused
    Given a provider that returns the file "password" without object versions
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "missing object versions"
    And the target path is not a mount

  @PC-22
  Scenario: The provider's status reaches kubelet
    Given a provider that answers "PermissionDenied" with "policy says no"
    When kubelet publishes the volume
    Then the publish fails with "PermissionDenied"
    And the failure says "failed to mount secrets store objects for pod shop/web, err: "
    And the failure says "policy says no"

  @PC-23
  Scenario: A provider that comes back within a second or two is waited for
    Given a provider that answers "Unavailable" 2 times before it returns the file "password"
    When kubelet publishes the volume
    Then the publish succeeds
    And the provider was called 3 times

  @PC-24
  Scenario Outline: A provider that keeps answering <code> is asked <calls>
    Given a provider that answers "<code>" with "no luck"
    When kubelet publishes the volume
    Then the publish fails with "<code>"
    And the provider was called <calls>

    Examples:
      | code        | calls   |
      | Unavailable | 3 times |
      | Internal    | once    |

  @PC-25
  Scenario: A socket on which nobody listens is waited for until the deadline
    Given a provider socket on which nobody listens
    When kubelet publishes the volume with a deadline of 5 seconds
    Then the publish fails with "DeadlineExceeded"
    And 5 seconds have passed

  @PC-26
  Scenario: A provider that is not there is named
    Given the provider is stopped
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "provider not found: provider \"scripted\""

  @PC-27
  Scenario Outline: The provider name <name> is refused
    Given the SecretProviderClass names the provider "<name>"
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "invalid provider: provider \"<name>\""

    Examples:
      | name                            |
      | a/b                             |
      | ../scripted                     |
      | abcdefghijklmnopqrstuvwxyz01234 |

  @PC-28
  Scenario: The additional directory's socket wins
    Given the provider serves in both provider directories, with "first" in the one and "second" in the additional one
    When kubelet publishes the volume
    Then the volume holds the file "password" with "second"

  @PC-29 @processes
  Scenario: A provider that arrives late is found without a restart
    Given the provider is stopped
    And kubelet has tried to publish the volume
    When the provider is started again
    And kubelet publishes the volume
    Then the publish succeeds

  @PC-30
  Scenario: An answer over the limit is refused with both sizes
    Given a provider that returns a file of 5 MiB
    When kubelet publishes the volume
    Then the publish fails with "ResourceExhausted"
    And the failure says "received message larger than max"

  @PC-30a
  Scenario: A raised limit lets a large answer in
    Given the driver accepts answers of up to 8 MiB
    And a provider that returns the files:
      | path  | mode | content               |
      | large | 0644 | 5 MiB of random bytes |
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds exactly the files:
      | path  | content               |
      | large | 5 MiB of random bytes |

  @PC-31
  Scenario: A provider may write into the target path itself
    Given a provider that writes the file "password" into the target path itself
    When kubelet publishes the volume
    Then the publish succeeds
    And the plain file "password" is still there

  @PC-32
  Scenario: Health checks ask for the version and change nothing
    Given the driver checks its providers' health every 2 minutes
    And kubelet has published the volume
    When 5 minutes pass
    Then the provider was asked for its version 2 times with "v1alpha1"

  @PC-32a
  Scenario Outline: A provider that answers its health checks with <code> is used all the same
    Given the driver checks its providers' health every 2 minutes
    And the provider answers "<code>" when it is asked for its version
    And the pod has a second volume of the SecretProviderClass "more-secrets"
    And kubelet has published the volume
    And 5 minutes pass
    When kubelet publishes the second volume
    Then the publish succeeds

    Examples:
      | code          |
      | Internal      |
      | Unavailable   |
      | Unimplemented |

  @PC-32b
  Scenario: A provider that was away during health checks is used once it is back
    Given the driver checks its providers' health every 2 minutes
    And the pod has a second volume of the SecretProviderClass "more-secrets"
    And kubelet has published the volume
    And the provider is stopped
    And 5 minutes pass
    And the provider is started again
    When kubelet publishes the second volume
    Then the publish succeeds
