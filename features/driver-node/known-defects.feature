@profile:DRIVER-NODE @core @must @behaviour:hardened
Feature: What the field's drivers stumble over, and a driver should not
  Each of these is a known defect of drivers in the field.
  Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/issues

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @MNT-20h
  Scenario: A name may turn from a file into a folder
    Given the driver rotates every 2 minutes
    And a provider that returns the file "cert" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "cert/tls.crt" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds exactly the files:
      | path         | content |
      | cert/tls.crt | second  |

  @MNT-21h
  Scenario: A name that is file and folder in one answer is refused before anything is written
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the files:
      | path         | mode | content |
      | cert         | 0644 | one     |
      | cert/tls.crt | 0644 | two     |
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds nothing besides

  @MNT-22h
  Scenario: Two volumes of one SecretProviderClass share a status object that tells of both
    Given a provider that returns each volume an object of its own
    And both volumes are of the SecretProviderClass "app-secrets"
    And kubelet has published the volume
    When kubelet publishes the second volume
    Then the status object lists, in this order:
      | id   | version |
      | more | 1       |
      | vol  | 1       |

  @MNT-24h
  Scenario: Two publishes of one volume at once ask the provider once
    Given a provider that returns the file "password" holding "first"
    When kubelet publishes the volume twice at once
    Then the provider was called once

  @MNT-23h
  Scenario: A status object whose name would be too long gets a shorter one
    Given a provider that returns the file "password" holding "first"
    And the volume is of a SecretProviderClass whose name is as long as may be
    When kubelet publishes the volume
    Then the publish succeeds
    And the pod has one status object

  @CSI-20h
  Scenario: A target path that looks like a pattern is unpublished like any other
    Given a provider that returns the file "password" holding "first"
    And kubelet has published a volume named "a[b"
    When kubelet unpublishes the volume named "a[b"
    Then the unpublish succeeds
    And nothing is left of the volume named "a[b"
