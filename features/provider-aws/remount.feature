@profile:PROVIDER-AWS @must
Feature: A volume that is mounted again asks for what has changed
  Docs: https://github.com/aws/secrets-store-csi-driver-provider-aws#automated-rotation-considerations

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "TestSecret1"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
      """

  @A37 @core
  Scenario: A secret that did not change is described, and its file read again
    Given the AWS volume's file "TestSecret1" reads "old on disk"
    And the driver of the AWS volume holds "TestSecret1" in version "v1"
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      secretsmanager/us-west-2/DescribeSecret TestSecret1
      """
    And the AWS volume holds
      | file        | value       |
      | TestSecret1 | old on disk |

  @A37b @core
  Scenario: A label of one's own that stays where it was is no change
    Given Secrets Manager in "us-west-2" holds "TestSecret1" as version "v0" labelled "mine"
    And the AWS volume's file "TestSecret1" reads "old on disk"
    And the driver of the AWS volume holds "TestSecret1" in version "v0"
    And the class asks AWS for
      """
      - {objectName: TestSecret1, objectType: secretsmanager, objectVersionLabel: mine}
      """
    When the AWS volume is mounted
    Then the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v0      |

  @A38 @core
  Scenario: A secret that was rotated is fetched anew
    When the AWS volume is mounted
    And Secrets Manager in "us-west-2" holds "TestSecret1" as version "v2"
    And the AWS volume is mounted again
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      secretsmanager/us-west-2/DescribeSecret TestSecret1
      secretsmanager/us-west-2/GetSecretValue TestSecret1
      """
    And the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v2} |
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v2      |

  @A39 @core
  Scenario: A pinned version that is held is not asked for
    Given the AWS volume's file "TestSecret1" reads "old on disk"
    And the driver of the AWS volume holds "TestSecret1" in version "v1"
    And the class asks AWS for
      """
      - {objectName: TestSecret1, objectType: secretsmanager, objectVersion: v1}
      """
    When the AWS volume is mounted
    Then AWS was not asked
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v1      |

  @A40 @core
  Scenario: Another pinned version is fetched at once
    Given the AWS volume's file "TestSecret1" reads "old on disk"
    And the driver of the AWS volume holds "TestSecret1" in version "v0"
    And the class asks AWS for
      """
      - {objectName: TestSecret1, objectType: secretsmanager, objectVersion: v1}
      """
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      secretsmanager/us-west-2/GetSecretValue TestSecret1 version=v1
      """

  @A41 @extended @behaviour:upstream
  Scenario: A file that is gone breaks every later mount of an unchanged secret
    Given the driver of the AWS volume holds "TestSecret1" in version "v1"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "TestSecret1"

  @A41b @core @behaviour:hardened
  Scenario: A file that is gone is made anew
    When the AWS volume is mounted
    And the AWS volume's file "TestSecret1" is gone
    And the AWS volume is mounted again
    Then the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v1} |

  @A42 @core
  Scenario: Parameters are always fetched
    Given Parameter Store in "us-west-2" holds "p1"
    And the class asks AWS for
      """
      - {objectName: p1, objectType: ssmparameter}
      """
    When the AWS volume is mounted
    And the AWS volume is mounted again
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      ssm/us-west-2/GetParameters p1
      """

  @A43 @core
  Scenario: A version of an object that is no longer asked for stays in the answer
    Given the driver of the AWS volume holds "gone" in version "z"
    When the AWS volume is mounted
    Then the AWS volume's versions are
      | id          | version |
      | gone        | z       |
      | TestSecret1 | v1      |
