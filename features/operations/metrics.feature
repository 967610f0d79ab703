@profile:OPERATIONS @core @must
Feature: What the driver did can be counted
  Names, labels and moments of the metrics are the real driver's.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/metrics

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @MET-01
  Scenario Outline: <what> is counted in <metric>
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When kubelet unpublishes the volume
    Then the metric "<metric>" with "linux" counts 1

    Examples:
      | what         | metric               |
      | A publish    | node_publish_total   |
      | An unpublish | node_unpublish_total |

  @MET-02 @behaviour:upstream
  Scenario: Upstream makes a label of whatever code a provider returns
    Given a provider that returns the file "password" and the error code "E-4711"
    When kubelet publishes the volume
    Then the metric "node_publish_error_total" with "E-4711" counts 1

  @MET-02h @behaviour:hardened
  Scenario: A provider's own code does not become a label
    Given a provider that returns the file "password" and the error code "E-4711"
    When kubelet publishes the volume
    Then the metric "node_publish_error_total" with "other" counts 1

  @MET-03
  Scenario: A publish that failed for want of its SecretProviderClass is counted as that
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass is deleted
    When kubelet publishes the volume
    Then the metric "node_publish_error_total" with "SecretProviderClassNotFound" counts 1

  @MET-04
  Scenario: A failed unpublish is counted
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When kubelet unpublishes the volume without "volume id"
    Then the metric "node_unpublish_error_total" with "linux" counts 1

  @MET-05 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A masked failure does not count as a publish that went well
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the metric "node_publish_total" with "scripted" counts 1
