@profile:PROVIDER-VAULT @core @must
Feature: Values of Vault become files
  Docs: https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations

  Background:
    Given a pod whose ServiceAccount has a role in Vault
    And Vault holds at "secret/data/a"
      """
      {"number": 10, "yes": true, "object": {"b": "<a>", "a": 1}, "list": [1, "x"], "nothing": null, "text": "<a>", "base64": "AAECgA==", "hex": "0001fF"}
      """

  @VT-41
  Scenario: Without a key the whole answer is the file
    Given Vault answers "GET /v1/x" with 200 and
      """
      {"data":{"k":"v"},"lease_duration":5,"request_id":"r"}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: x}
      """
    When the Vault volume is mounted
    Then the Vault volume's file "f" reads
      """
      {"request_id":"r","lease_id":"","lease_duration":5,"renewable":false,"data":{"k":"v"},"warnings":null}
      """

  @VT-42
  Scenario Outline: A value that is <what> becomes <text>
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: <key>}
      """
    When the Vault volume is mounted
    Then the Vault volume's file "f" reads
      """
      <text>
      """

    Examples:
      | what     | key     | text    |
      | a number | number  | 10      |
      | a truth  | yes     | true    |
      | a list   | list    | [1,"x"] |
      | nothing  | nothing | null    |

  @VT-43
  Scenario: JSON escapes angle brackets, and text is left as it is
    Given the class asks Vault for
      """
      - {objectName: object, secretPath: secret/data/a, secretKey: object}
      - {objectName: text, secretPath: secret/data/a, secretKey: text}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file   | value                         |
      | object | {"a":1,"b":"\\u003ca\\u003e"} |
      | text   | <a>                           |

  @VT-44
  Scenario: A key that is not there is told with the path
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: absent}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      {secret/data/a}: {key "absent" does not exist at the secret path}
      """

  @VT-45
  Scenario Outline: The encoding <encoding> is undone
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: <key>, encoding: <encoding>}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | hex     |
      | f    | <bytes> |

    Examples:
      | key    | encoding | bytes    |
      | base64 | base64   | 00010280 |
      | hex    | hex      | 0001ff   |
      | hex    | HEX      | 0001ff   |
      | text   | UTF-8    | 3c613e   |

  @VT-46
  Scenario Outline: A value that the encoding <encoding> does not fit is refused with the path
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: text, encoding: <encoding>}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      {secret/data/a}: {<why>
      """

    Examples:
      | encoding | why                                                            |
      | base64   | illegal base64 data at input byte 0                            |
      | rot13    | invalid encoding type. Should be utf-8, base64, or hex         |

  @VT-47
  Scenario: Without a key the encoding is not looked at
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, encoding: rot13}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds

  @VT-48
  Scenario: Files get the permission of their object, else the one that was asked for
    Given the class asks Vault for
      """
      - {objectName: a, secretPath: secret/data/a, secretKey: text, filePermission: 0600}
      - {objectName: b, secretPath: secret/data/a, secretKey: text, filePermission: 384}
      - {objectName: c, secretPath: secret/data/a, secretKey: text}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | mode |
      | a    | 0600 |
      | b    | 0600 |
      | c    | 0644 |

  @VT-67
  Scenario: Whether a file may stand at its name is the driver's to say
    Given the class asks Vault for
      """
      - {objectName: ../x, secretPath: secret/data/a, secretKey: text}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | ../x | <a>   |
