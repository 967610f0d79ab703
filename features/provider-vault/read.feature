@profile:PROVIDER-VAULT @core @must
Feature: What the class asks for is read from Vault, as often as needed and no more
  Docs: https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations

  Background:
    Given a pod whose ServiceAccount has a role in Vault
    And Vault holds at "secret/data/a"
      """
      {"k": "first", "l": "second"}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      """

  @VT-14
  Scenario: A secret of version 2 of the key-value store
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | f    | first |
    And Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/a
      """

  @VT-15
  Scenario: A secret of version 1 of the key-value store
    Given Vault holds at "kv1/a"
      """
      {"k": "one"}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: kv1/a, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | f    | one   |

  @VT-16
  Scenario: A path is the same with and without its slash and "v1"
    Given Vault answers "GET /v1/a" with 200 and
      """
      {"data":{"k":"v"}}
      """
    And the class asks Vault for
      """
      - {objectName: 1, secretPath: a, secretKey: k}
      - {objectName: 2, secretPath: /a, secretKey: k}
      - {objectName: 3, secretPath: v1/a, secretKey: k}
      - {objectName: 4, secretPath: /v1/a, secretKey: k}
      """
    When the Vault volume is mounted
    Then Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      GET /v1/a
      GET /v1/a
      GET /v1/a
      GET /v1/a
      """

  @VT-17
  Scenario: What follows a question mark goes along as the query
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: "secret/data/a?version=1", secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/a?version=1
      """

  @VT-18
  Scenario: Arguments go along as a sorted JSON body with the method that is asked for
    Given Vault answers "PUT /v1/pki/issue/r" with 200 and
      """
      {"data":{"k":"v"}}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: pki/issue/r, secretKey: k, method: PUT, secretArgs: {ttl: 24h, common_name: a}}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the last request to Vault had the body "{'common_name':'a','ttl':'24h'}" and no content type

  @VT-19
  Scenario: Arguments without a method go along with a GET
    Given Vault answers "GET /v1/x" with 200 and
      """
      {"data":{"k":"v"}}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: x, secretKey: k, secretArgs: {a: b}}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the last request to Vault had the body "{'a':'b'}" and no content type

  @VT-38
  Scenario: Two objects of one path are one read
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      - {objectName: g, secretPath: secret/data/a, secretKey: l}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value  |
      | f    | first  |
      | g    | second |
    And Vault was asked for "GET /v1/secret/data/a" 1 time

  @VT-39 @behaviour:upstream
  Scenario: Upstream reads once for two objects that differ in their arguments alone
    Given Vault answers "GET /v1/x" with 200 and
      """
      {"data":{"k":"v"}}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: x, secretKey: k, secretArgs: {a: b}}
      - {objectName: g, secretPath: x, secretKey: k, secretArgs: {a: c}}
      """
    When the Vault volume is mounted
    Then the last request to Vault had the body "{'a':'b'}" and no content type
    And Vault was asked for "GET /v1/x" 1 time

  @VT-39h @behaviour:hardened
  Scenario: Two objects that differ in their arguments are two reads
    Given Vault answers "GET /v1/x" with 200 and
      """
      {"data":{"k":"v"}}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: x, secretKey: k, secretArgs: {a: b}}
      - {objectName: g, secretPath: x, secretKey: k, secretArgs: {a: c}}
      """
    When the Vault volume is mounted
    Then Vault was asked for "GET /v1/x" 2 times

  @VT-40
  Scenario: The next mount reads again
    Given the Vault volume was mounted
    And Vault holds at "secret/data/a"
      """
      {"k": "changed"}
      """
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value   |
      | f    | changed |

  @VT-49
  Scenario: A secret that is not there is told with the object and the status
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/absent, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "f": error requesting secret: Error making API request.
      """
    And the Vault mount is refused, saying
      """
      Code: 404. Errors:\n\n
      """

  @VT-50
  Scenario: An answer without data is told with its warnings
    Given Vault answers "GET /v1/p" with 200 and
      """
      {"request_id":"x","data":null,"warnings":["w"]}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: p, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      empty response from "p", warnings: [w]
      """

  @VT-51 @needs:virtual-time
  Scenario: A Vault that fails twice is asked a third time
    Given the Vault provider runs with the variable "VAULT_MAX_RETRIES" as "2"
    And Vault answers "GET /v1/secret/data/a" 2 times with 500 and
      """
      {"errors":["x"]}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And Vault was asked for "GET /v1/secret/data/a" 3 times

  @VT-51a @needs:virtual-time
  Scenario: A Vault that keeps failing is given up after the third answer
    Given the Vault provider runs with the variable "VAULT_MAX_RETRIES" as "2"
    And Vault answers "GET /v1/secret/data/a" with 500 and
      """
      {"errors":["x"]}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      Code: 500. Errors:\n\n* x
      """
    And Vault was asked for "GET /v1/secret/data/a" 3 times

  @VT-52 @needs:virtual-time
  Scenario Outline: An answer of <status> is final
    Given the Vault provider runs with the variable "VAULT_MAX_RETRIES" as "2"
    And Vault answers "GET /v1/secret/data/a" with <status> and
      """
      {"errors":["x"]}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      Code: <status>. Errors:\n\n* x
      """
    And Vault was asked for "GET /v1/secret/data/a" 1 time

    Examples:
      | status |
      | 400    |
      | 501    |

  @VT-53 @needs:virtual-time
  Scenario: A Vault that asks for a pause gets it
    Given the Vault provider runs with the variable "VAULT_MAX_RETRIES" as "2"
    And Vault answers "GET /v1/secret/data/a" 1 time with 429 and the header "Retry-After: 7"
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the Vault mount took 7000 ms

  @VT-54 @needs:virtual-time
  Scenario: A Vault that does not answer is given up after the client's time
    Given the Vault provider runs with the variable "VAULT_CLIENT_TIMEOUT" as "1s"
    And Vault answers "GET /v1/secret/data/a" not at all
    When the Vault volume is mounted
    Then the Vault mount is refused with "DeadlineExceeded"

  @VT-55
  Scenario: An answer that is no JSON is told as it came
    Given Vault answers "GET /v1/secret/data/a" with 502 and
      """
      <html>
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      Code: 502. Raw Message:\n\n<html>
      """

  @VT-56
  Scenario: A read that is sent elsewhere is followed there once
    Given Vault sends "GET /v1/secret/data/a" once to another port
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | f    | first |

  @VT-58
  Scenario Outline: <winner> decides where Vault is
    Given the Vault provider runs with the variable "VAULT_ADDR" as "<env>"
    And the Vault provider runs with the flag "-vault-addr" as "<flag>"
    And the class asks Vault with "vaultAddress" as "<class>"
    And the Vault provider runs with the variable "VAULT_AGENT_ADDR" as "<agent>"
    When the Vault volume is mounted
    Then the Vault mount succeeds

    Examples:
      | winner                    | env   | flag  | class | agent |
      | The environment alone     | vault |       |       |       |
      | The flag, before that,    | none  | vault |       |       |
      | The class, before both,   | none  | none  | vault |       |
      | The agent, before all,    | none  | none  | none  | vault |

  @VT-59
  Scenario: A certificate of the authority that the class names is accepted
    Given Vault listens behind TLS, with a certificate that "the class's authority" issued
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | f    | first |

  @VT-59a
  Scenario: A certificate of another authority is refused at once
    Given Vault listens behind TLS, with a certificate that "somebody else" issued
    And the Vault provider runs with the variable "VAULT_MAX_RETRIES" as "2"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      x509: certificate signed by unknown authority
      """

  @VT-59b
  Scenario: A class that skips the verification gets any certificate accepted
    Given Vault listens behind TLS, with a certificate that "somebody else" issued
    And the class asks Vault with "vaultSkipTLSVerify" as "true"
    When the Vault volume is mounted
    Then the Vault mount succeeds

  @VT-60
  Scenario: A client certificate without its key is refused
    Given the class asks Vault with "vaultTLSClientCertPath" as "/tmp/client.crt"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      both client cert and client key must be provided
      """

  @VT-61
  Scenario: A Vault Agent is reached on its socket
    Given Vault listens on a Unix socket
    When the Vault volume is mounted
    Then the Vault volume holds
      | file | value |
      | f    | first |

  @VT-68
  Scenario: One object that is not there, and no file is handed over
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      - {objectName: g, secretPath: secret/data/absent, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "g"
      """

  @VT-rate-1 @behaviour:upstream @needs:virtual-time
  Scenario: Upstream asks the API server ten times at once, and then five times a second
    Given the Vault volume was mounted
    And 1 minutes go by in Vault
    When 14 mounts of the Vault volume begin at once
    Then the Vault mount succeeds
    And the Vault mount took 800 ms
