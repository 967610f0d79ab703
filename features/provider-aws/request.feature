@profile:PROVIDER-AWS @must
Feature: What the driver sends is checked before anybody is asked
  Docs: https://github.com/aws/secrets-store-csi-driver-provider-aws#usage

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "TestSecret1"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
      """

  @A01 @core
  Scenario: The provider says who it is
    When the driver asks the AWS provider for its version
    Then the AWS provider is called "secrets-store-csi-driver-provider-aws" and speaks "v1alpha1"

  @A02 @core
  Scenario: A mount without a target path is refused before its attributes are read
    Given the driver of the AWS volume sends no target path
    And the driver of the AWS volume sends the attributes "x"
    When the AWS volume is mounted
    Then the AWS mount is refused with "Missing mount path"

  @A03 @core
  Scenario Outline: Attributes that are no map of texts are refused
    Given the driver of the AWS volume sends the attributes "<attributes>"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "failed to unmarshal attributes"

    Examples:
      | attributes |
      |            |
      | {'a':1}    |

  @A04 @core
  Scenario: Without tokens the CSIDriver's tokenRequests are named, whatever else is wrong
    Given the driver of the AWS volume sends no tokens
    And the driver of the AWS volume sends the permission "x"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "tokenRequests" and "CSIDriver"

  @A04b @core
  Scenario: Tokens that are no JSON are refused
    Given the driver of the AWS volume sends the tokens "not json"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "failed to parse serviceAccount.tokens" and "tokenRequests"

  @A05 @core
  Scenario: An empty permission is refused
    Given the driver of the AWS volume sends the permission ""
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "file permission"

  @A12 @core
  Scenario: A switch that is neither true nor false is refused
    Given the class asks AWS with "usePodIdentity" as "yes"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "usePodIdentity" and "yes"

  @A11 @core
  Scenario: A failover region must be another one
    Given the class asks AWS with "failoverRegion" as "us-west-2"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "us-west-2" and "failover region"

  @A17 @core
  Scenario: Who the pod is is asked for before its objects are looked at
    Given the pod's ServiceAccount names no role
    And the class asks AWS for
      """
      - x: [
      """
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "An IAM role must be associated with service account app"

  @A50 @core
  Scenario: A path translation is one character
    Given the class asks AWS with "pathTranslation" as "--"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "pathTranslation"

  @A55 @core
  Scenario: Keys of an object match in any case
    Given the class asks AWS for
      """
      - ObjectName: TestSecret1
        objecttype: secretsmanager
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | value            |
      | TestSecret1 | {TestSecret1 v1} |

  @A56 @core
  Scenario: A class without objects mounts nothing and asks AWS nothing
    Given the class of AWS names no "objects"
    When the AWS volume is mounted
    Then the AWS mount succeeds without files
    And AWS was not asked

  @A51 @core
  Scenario: With translation off no object's file leaves the volume
    Given the class asks AWS with "pathTranslation" as "False"
    Then the AWS provider refuses each of these classes, naming
      | objects                                          | text   |
      | - {objectName: a/../b, objectType: secretsmanager} | a/../b |
      | - {objectName: ../a, objectType: secretsmanager}   | ../a   |
      | - {objectName: a/.., objectType: secretsmanager}   | a/..   |

  @A52 @core
  Scenario: A file's permission is four octal digits in quotes
    Then the AWS provider refuses each of these classes, naming
      | objects                                                                        | text |
      | - {objectName: TestSecret1, objectType: secretsmanager, filePermission: "0900"} | 0900 |
      | - {objectName: TestSecret1, objectType: secretsmanager, filePermission: 0644}   | 420  |

  @A53 @core
  Scenario: Each rule for objects names the object that breaks it
    Then the AWS provider refuses each of these classes, naming
      | objects                                                                                                                                  | parameters               | text                                     |
      | - \n                                                                                                                                     |                          | Empty descriptor entry                   |
      | - objectType: secretsmanager                                                                                                             |                          | Object name must be specified            |
      | - objectName: "arn:aws:x"                                                                                                                |                          | arn:aws:x                                |
      | - objectName: "arn:aws:secretsmanager:us-east-1:1:secret:x"                                                                              |                          | arn:aws:secretsmanager:us-east-1:1:secret:x |
      | - objectName: x                                                                                                                          |                          | full ARN is not specified: x             |
      | - objectName: "arn:aws:s3:us-west-2:1:b"                                                                                                 |                          | s3                                       |
      | - {objectName: x, objectType: ssm}                                                                                                       |                          | ssm                                      |
      | - {objectName: "arn:aws:ssm:us-west-2:1:parameter/x", objectType: secretsmanager}                                                        |                          | arn:aws:ssm:us-west-2:1:parameter/x      |
      | - {objectName: x, objectType: ssmparameter, objectVersion: "1", objectVersionLabel: l}                                                   |                          | : x                                      |
      | - {objectName: x, objectType: secretsmanager, failoverObject: {objectName: y}}                                                           |                          | failover entries: x                      |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a, failoverObject: {objectName: y}}                                           |                          | failover region is defined: x            |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a, objectVersion: v1, failoverObject: {objectName: y, objectVersion: v2}}      | failoverRegion=us-east-1 | failover regions: x                      |
      | - objectName: [                                                                                                                          |                          | yaml: line 1                             |
      | a: b                                                                                                                                     |                          | cannot unmarshal object                  |

  @A54 @core
  Scenario: Two objects that nothing tells apart are refused by name
    Then the AWS provider refuses each of these classes, naming
      | objects                                                                                                                                                                       | text |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a}\n- {objectName: x, objectType: secretsmanager, objectAlias: a}                                                   | duplicate object name x, duplicate object alias a |
      | - {objectName: x, objectType: secretsmanager, objectVersionLabel: l}\n- {objectName: x, objectType: secretsmanager, objectVersionLabel: l}                                     | duplicate object name x, no object alias, and duplicate version label l |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a, objectVersionLabel: l}\n- {objectName: x, objectType: secretsmanager, objectAlias: a, objectVersionLabel: l}     | duplicate object alias a, and duplicate version label l |
      | - {objectName: x, objectType: secretsmanager}\n- {objectName: x, objectType: ssmparameter}                                                                                     | duplicate object name x |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a}\n- {objectName: y, objectType: secretsmanager, objectAlias: a}                                                   | duplicate object alias a |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a}\n- {objectName: y, objectType: secretsmanager, objectAlias: b, jmesPath: [{path: p, objectAlias: a}]}            | duplicate object alias a in JMES path entry p |

  @A53w @extended @behaviour:upstream
  Scenario: Each rule for objects has its words
    Then the AWS provider refuses each of these classes with
      | objects                                                                                                                             | parameters               | text                                                                                                     |
      | - \n                                                                                                                                |                          | Empty descriptor entry in SecretProviderClass                                                            |
      | - objectName: "arn:aws:x"                                                                                                           |                          | Invalid ARN format in object name: arn:aws:x                                                             |
      | - objectName: "arn:aws:secretsmanager:us-east-1:1:secret:x"                                                                         |                          | ARN region must match region us-west-2: arn:aws:secretsmanager:us-east-1:1:secret:x                      |
      | - objectName: x                                                                                                                     |                          | Must use objectType when a full ARN is not specified: x                                                  |
      | - objectName: "arn:aws:s3:us-west-2:1:b"                                                                                            |                          | Invalid service in ARN: s3                                                                               |
      | - {objectName: x, objectType: ssm}                                                                                                  |                          | Invalid objectType: ssm                                                                                  |
      | - {objectName: "arn:aws:ssm:us-west-2:1:parameter/x", objectType: secretsmanager}                                                   |                          | objectType does not match ARN: arn:aws:ssm:us-west-2:1:parameter/x                                       |
      | - {objectName: x, objectType: ssmparameter, objectVersion: "1", objectVersionLabel: l}                                              |                          | ssm parameters can not specify both objectVersion and objectVersionLabel: x                              |
      | - {objectName: x, objectType: secretsmanager, failoverObject: {objectName: y}}                                                      |                          | object alias must be specified for objects with failover entries: x                                      |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a, failoverObject: {objectName: y}}                                      |                          | failover object allowed only when failover region is defined: x                                          |
      | - {objectName: x, objectType: secretsmanager, objectAlias: a, objectVersion: v1, failoverObject: {objectName: y, objectVersion: v2}} | failoverRegion=us-east-1 | object versions must match between primary and failover regions: x                                       |
      | - {objectName: TestSecret1, objectType: secretsmanager, filePermission: "0900"}                                                     |                          | Invalid File Permission: 0900                                                                            |
      | - {objectName: a/../b, objectType: secretsmanager}                                                                                  | pathTranslation=False    | path can not contain ../: a/../b                                                                         |
      | - {objectName: x, objectType: secretsmanager}                                                                                       | pathTranslation=--       | pathTranslation must be either 'False' or a single character string                                      |

  @A04w @extended @behaviour:upstream
  Scenario: Missing tokens have their words
    Given the driver of the AWS volume sends no tokens
    When the AWS volume is mounted
    Then the AWS mount is refused with "CSI token error: serviceAccount.tokens not provided - ensure tokenRequests is configured in CSIDriver - ensure tokenRequests is configured in CSIDriver spec"
