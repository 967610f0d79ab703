@profile:PROVIDER-AWS @core @must @behaviour:hardened
Feature: What the real provider passes over in silence is refused or done
  Docs: https://github.com/aws/secrets-store-csi-driver-provider-aws#usage

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Parameter Store in "us-west-2" holds "p1"

  @AH-01 @needs:virtual-time
  Scenario: Many secrets are fetched at once
    Given AWS takes 20 milliseconds for "*"
    Then mounting 30 secrets takes at most 3 times as long as mounting one

  @AH-02
  Scenario: Two objects that would become one file are refused by name
    Then the AWS provider refuses each of these classes, naming
      | objects                                                                                          | text                                                     |
      | - {objectName: a/b, objectType: secretsmanager}\n- {objectName: a_b, objectType: secretsmanager} | objects a/b and a_b would both be written to the file a_b |

  @AH-03
  Scenario: One parameter asked for twice becomes both files
    Given the class asks AWS for
      """
      - {objectName: p1, objectType: ssmparameter, objectAlias: a}
      - {objectName: p1, objectType: ssmparameter, objectAlias: b}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file | value |
      | a    | {p1}  |
      | b    | {p1}  |

  @AH-04
  Scenario: A parameter that the answer leaves out is named
    Given the class asks AWS for
      """
      - {objectName: p1, objectType: ssmparameter}
      - {objectName: p2, objectType: ssmparameter}
      """
    And AWS answers "ssm/*" with
      """
      {"Parameters":[{"Name":"p1","Value":"v","Version":1}],"InvalidParameters":[]}
      """
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "answered nothing for: p2"
    And the AWS volume is empty

  @AH-05
  Scenario: No value inside a secret gets a file outside of the volume
    Then the AWS provider refuses each of these classes, naming
      | objects                                                                                        | parameters            | text                       |
      | - {objectName: s, objectType: secretsmanager, jmesPath: [{path: p, objectAlias: ../evil}]}     | pathTranslation=False | path can not contain ../: s |
      | - {objectName: s, objectType: secretsmanager, objectAlias: ".."}                               | pathTranslation=False | path can not contain ../: s |
