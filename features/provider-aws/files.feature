@profile:PROVIDER-AWS @must
Feature: Each object becomes a file, and each value inside one that is asked for
  Docs: https://github.com/aws/secrets-store-csi-driver-provider-aws#secretproviderclass-options

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "TestSecret1"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
      """

  @A06 @core
  Scenario: A provider that writes the files itself puts nothing into its answer
    Given the AWS provider writes the files itself
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | mode | value            |
      | TestSecret1 | 644  | {TestSecret1 v1} |
    And the answer of the AWS provider brings 0 files
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v1      |

  @A07 @core
  Scenario: A provider that leaves the files to the driver puts them into its answer
    Given the AWS provider leaves the files to the driver
    When the AWS volume is mounted
    Then the answer of the AWS provider brings 1 files
    And the AWS volume holds
      | file        | mode | value            |
      | TestSecret1 | 644  | {TestSecret1 v1} |

  @A46 @core
  Scenario: Values inside a secret become files with their own or their parent's permission
    Given Secrets Manager in "us-west-2" holds "TestSecret1" with the value
      """
      {"user":"bob","db":{"pass":"pw"}}
      """
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
        filePermission: "0600"
        jmesPath:
        - {path: user, objectAlias: u, filePermission: "0777"}
        - {path: "db.pass", objectAlias: p}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file        | mode | value                             |
      | TestSecret1 | 600  | json:{"user":"bob","db":{"pass":"pw"}} |
      | u           | 777  | bob                               |
      | p           | 600  | pw                                |
    And the AWS volume's versions are
      | id          | version |
      | TestSecret1 | v1      |
      | u           | v1      |
      | p           | v1      |

  @A47 @core
  Scenario Outline: A value that cannot be taken out of a secret mounts nothing: <why>
    Given Secrets Manager in "us-west-2" holds "TestSecret1" with the value
      """
      <value>
      """
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
        jmesPath: [{path: "<path>", objectAlias: u}]
      """
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "TestSecret1"
    And the AWS volume is empty

    Examples:
      | why             | value       | path   |
      | no JSON         | plain       | user   |
      | no such key     | {"a":"b"}   | user   |
      | a number        | {"user":1}  | user   |
      | no path at all  | {"user":"b"}| .user[ |

  @A48 @core
  Scenario Outline: Slashes in a name become another character, or the leading one goes: <name>
    Given Secrets Manager in "us-west-2" holds "<name>"
    And the class asks AWS with "pathTranslation" as "<translation>"
    And the class asks AWS for
      """
      - {objectName: <name>, objectType: secretsmanager}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file   | value       |
      | <file> | {<name> v1} |

    Examples:
      | name | translation | file |
      | a/b  | _           | a_b  |
      | a/b  | -           | a-b  |
      | /x   | False       | x    |

  @A49 @core
  Scenario: A provider that writes the files itself makes no folders
    Given Secrets Manager in "us-west-2" holds "a/b"
    And the AWS provider writes the files itself
    And the class asks AWS with "pathTranslation" as "False"
    And the class asks AWS for
      """
      - {objectName: a/b, objectType: secretsmanager}
      """
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "a/b" and "pattern contains path separator"

  @A49b @core
  Scenario: A driver that writes the files makes folders
    Given Secrets Manager in "us-west-2" holds "a/b"
    And the AWS provider leaves the files to the driver
    And the class asks AWS with "pathTranslation" as "False"
    And the class asks AWS for
      """
      - {objectName: a/b, objectType: secretsmanager}
      """
    When the AWS volume is mounted
    Then the AWS volume holds
      | file | value    |
      | a/b  | {a/b v1} |
