@profile:PROVIDER-GRPC @core @must @needs:parameters
Feature: A mount returns the whole volume
  What a provider returns is what the pod sees: every file, every time, each object with a version.
  Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.6.0/provider/v1alpha1/service.proto

  @PC-04
  Scenario: A valid mount has at least one object version and one file
    When the driver mounts the volume
    Then the mount is complete

  @PC-05
  Scenario: Secrets of "{}" mean the same as "null"
    Given the driver has mounted the volume
    When the driver mounts the volume again with the secrets "{}"
    Then both mounts are the same

  @PC-06
  Scenario: The driver can write every path
    When the driver mounts the volume
    Then every path keeps the driver's rules

  @PC-07
  Scenario: Every mode is a file mode
    When the driver mounts the volume
    Then every mode is within 0 and 511

  @PC-08
  Scenario: A repeated mount returns the same while the store is unchanged
    Given the driver has mounted the volume
    When the driver mounts the volume again
    Then both mounts are the same

  @PC-09 @needs:rotate
  Scenario: A changed value comes with a changed version
    Given the driver has mounted the volume
    When the value in the store changes
    And the driver mounts the volume again
    Then a file has other content
    And the version of its object is another

  @PC-10
  Scenario: The permission "420" is a decimal number
    When the driver mounts the volume
    Then no mode is "420" read as octal

  @PC-13
  Scenario: Attributes it does not know are ignored
    Given the driver has mounted the volume
    When the driver mounts the volume again with attributes nobody knows
    Then both mounts are the same

  @PC-14
  Scenario Outline: The whole volume is returned when <versions> are named as current
    Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.6.0/pkg/secrets-store/provider_client.go
    Given the driver has mounted the volume
    When the driver mounts the volume again and names <versions> as current
    Then both mounts are the same

    Examples:
      | versions         |
      | no versions      |
      | stale versions   |
      | current versions |

  @PC-17
  Scenario: No object id is named twice
    When the driver mounts the volume
    Then no object id appears twice

  @PC-33 @needs:secret-values
  Scenario: The files hold the values that are in the store
    When the driver mounts the volume
    Then every secret value is the content of a file
