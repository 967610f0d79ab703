@profile:PROVIDER-AWS @must
Feature: What the class asks for is read from AWS, as often as needed and no more
  Docs: https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_csi_driver.html

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "TestSecret1"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
      """

  @A25 @core
  Scenario: Parameters are asked for ten at a time
    Given Parameter Store in "us-west-2" holds "p0 p1 p2 p3 p4 p5 p6 p7 p8 p9 p10"
    And the class asks AWS for
      """
      - {objectName: p0, objectType: ssmparameter}
      - {objectName: p1, objectType: ssmparameter}
      - {objectName: p2, objectType: ssmparameter}
      - {objectName: p3, objectType: ssmparameter}
      - {objectName: p4, objectType: ssmparameter}
      - {objectName: p5, objectType: ssmparameter}
      - {objectName: p6, objectType: ssmparameter}
      - {objectName: p7, objectType: ssmparameter}
      - {objectName: p8, objectType: ssmparameter}
      - {objectName: p9, objectType: ssmparameter}
      - {objectName: p10, objectType: ssmparameter}
      """
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      ssm/us-west-2/GetParameters p0,p1,p2,p3,p4,p5,p6,p7,p8,p9
      ssm/us-west-2/GetParameters p10
      """

  @A26 @core
  Scenario: Parameters that come in another order reach their own files
    Given the class asks AWS for
      """
      - {objectName: p0, objectType: ssmparameter}
      - {objectName: p1, objectType: ssmparameter}
      """
    And AWS answers "ssm/*" with
      """
      {"Parameters":[{"Name":"p1","Value":"one","Version":1},{"Name":"p0","Value":"zero","Version":2}],"InvalidParameters":[]}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file | value |
      | p0   | zero  |
      | p1   | one   |
    And the AWS volume's versions are
      | id | version |
      | p0 | 2       |
      | p1 | 1       |

  @A27 @core
  Scenario: A parameter's version or label is asked for by its name
    Given Parameter Store in "us-west-2" holds "p"
    And Parameter Store in "us-west-2" holds "q" labelled "x"
    And the class asks AWS for
      """
      - {objectName: p, objectType: ssmparameter, objectVersion: 1}
      - {objectName: q, objectType: ssmparameter, objectVersionLabel: x}
      """
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      ssm/us-west-2/GetParameters p:1,q:x
      """

  @A28 @core
  Scenario: Parameters that are not there are named, and nothing is mounted
    Given Parameter Store in "us-west-2" holds "c"
    And the class asks AWS for
      """
      - {objectName: b, objectType: ssmparameter}
      - {objectName: a, objectType: ssmparameter}
      - {objectName: c, objectType: ssmparameter}
      """
    When the AWS volume is mounted
    Then the AWS mount is refused with "400: us-west-2: invalid parameters: b, a"
    And the AWS volume is empty

  @A29 @core
  Scenario: A secret that is not there is asked for once, and named
    Given Secrets Manager in "us-west-2" holds no "TestSecret1"
    When the AWS volume is mounted
    Then AWS was asked 1 times for "secretsmanager/us-west-2/GetSecretValue"
    And the AWS mount is refused, naming "us-west-2: Failed fetching secret TestSecret1" and "ResourceNotFoundException"

  @A30 @core
  Scenario: A secret that is denied is asked for once, and named
    Given the role's policy does not allow "secretsmanager:GetSecretValue"
    When the AWS volume is mounted
    Then AWS was asked 1 times for "secretsmanager/us-west-2/GetSecretValue"
    And the AWS mount is refused, naming "TestSecret1"

  @A31 @core @needs:virtual-time
  Scenario: A store that is out of order is asked three times
    Given AWS answers "secretsmanager/*" with 500 "InternalServiceError"
    When the AWS volume is mounted
    Then AWS was asked 3 times for "secretsmanager/us-west-2/GetSecretValue"
    And the AWS mount is refused, naming "TestSecret1"

  @A32 @core @needs:virtual-time
  Scenario: The failover region serves while the primary one is out of order
    Given the class asks AWS with "failoverRegion" as "us-east-1"
    And Secrets Manager in "us-east-1" holds "TestSecret1" as version "v-east"
    And AWS answers "secretsmanager/us-west-2/*" with 500 "InternalServiceError"
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | value                |
      | TestSecret1 | {TestSecret1 v-east} |
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v-east  |

  @A33 @core
  Scenario: A secret must be in both regions
    Given the class asks AWS with "failoverRegion" as "us-east-1"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "us-east-1: Failed to describe secret TestSecret1"

  @A34 @core @needs:virtual-time
  Scenario: A failover region that is out of order takes nothing from the primary one
    Given the class asks AWS with "failoverRegion" as "us-east-1"
    And AWS answers "secretsmanager/us-east-1/*" with 500 "InternalServiceError"
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v1} |

  @A35 @core
  Scenario: The value is the primary region's, the version that of the last region asked
    Given the class asks AWS with "failoverRegion" as "us-east-1"
    And Secrets Manager in "us-east-1" holds "TestSecret1" as version "v-east"
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v1} |
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v-east  |

  @A36 @core @needs:virtual-time
  Scenario: The failover region may hold the object under another name
    Given the class asks AWS with "failoverRegion" as "us-east-1"
    And Secrets Manager in "us-east-1" holds "Other" as version "v-east"
    And AWS answers "secretsmanager/us-west-2/*" with 500 "InternalServiceError"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
        objectAlias: mine
        failoverObject: {objectName: Other}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file | value          |
      | mine | {Other v-east} |

  @A44 @core
  Scenario: A binary secret is mounted byte for byte
    Given Secrets Manager in "us-west-2" holds "TestSecret1" with the bytes "00ff01fe"
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | value        |
      | TestSecret1 | hex:00ff01fe |

  @A45 @core
  Scenario: A secret may be asked for by version and label at once
    Given Secrets Manager in "us-west-2" holds "TestSecret1" as version "v2" labelled "lab"
    And the class asks AWS for
      """
      - {objectName: TestSecret1, objectType: secretsmanager, objectVersion: v2, objectVersionLabel: lab}
      """
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      secretsmanager/us-west-2/GetSecretValue TestSecret1 version=v2 label=lab
      """
    And the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v2} |

  @A30w @extended @behaviour:upstream
  Scenario: A secret that is denied is told without a cause
    Given the role's policy does not allow "secretsmanager:GetSecretValue"
    When the AWS volume is mounted
    Then the AWS mount is refused with "Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: TestSecret1"

  @A29w @extended @behaviour:upstream
  Scenario: An answer without a version ends the real provider
    Given AWS answers "secretsmanager/*" with
      """
      {"ARN":"arn:x","Name":"TestSecret1","SecretString":"x"}
      """
    When the AWS volume is mounted
    Then the AWS mount ends with "Unavailable"

  @A29b @core @behaviour:hardened
  Scenario: An answer without a version is refused by name
    Given AWS answers "secretsmanager/*" with
      """
      {"ARN":"arn:x","Name":"TestSecret1","SecretString":"x"}
      """
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "TestSecret1" and "without a VersionId"
