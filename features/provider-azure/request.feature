@profile:PROVIDER-AZURE @must
Feature: What the class and the driver say is checked before Azure is asked
  Docs: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/

  Background:
    Given an Azure tenant whose application may read a vault
    And Key Vault holds the secret "secret1"
    And the Azure class asks for
      """
      - objectName: secret1
        objectType: secret
      """

  @AZ-01 @core
  Scenario: The provider tells its name
    Then the Azure provider calls itself "secrets-store-csi-driver-provider-azure"

  @AZ-02 @core
  Scenario Outline: Attributes that are no map of texts are refused: <attributes>
    Given the driver hands the Azure provider the attributes "<attributes>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "attributes" and "<why>"

    Examples:
      | attributes | why                          |
      | x          | invalid character 'x'        |
      |            | unexpected end of JSON input |
      | {\"a\":1}  | cannot unmarshal number      |

  @AZ-03 @core
  Scenario Outline: Secrets and permission must be JSON: <what> "<text>"
    Given the driver hands the Azure provider the <what> "<text>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "<what>" and "<why>"

    Examples:
      | what       | text | why                          |
      | secrets    |      | unexpected end of JSON input |
      | permission |      | unexpected end of JSON input |
      | permission | 0644 | invalid character '6'        |

  @AZ-04 @core
  Scenario Outline: The pod must be named: <attributes>
    Given the driver hands the Azure provider the attributes "<attributes>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "<missing>"

    Examples:
      | attributes                                | missing                       |
      | {}                                        | pod name is not provided      |
      | {\"csi.storage.k8s.io/pod.name\":\"web\"} | pod namespace is not provided |

  @AZ-05 @core
  Scenario Outline: A flag must be a boolean, and is looked at before the vault: <flag>
    Given the Azure class has "tru" as "<flag>"
    And the Azure class lacks "keyvaultName"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "<flag>" and "tru"

    Examples:
      | flag                 |
      | usePodIdentity       |
      | useVMManagedIdentity |
      | useAzureTokenProxy   |

  @AZ-06 @core
  Scenario: One identity mode at most
    Given the Azure class has "true" as "usePodIdentity"
    And the Azure class has "true" as "useVMManagedIdentity"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "usePodIdentity" and "useVMManagedIdentity"

  @AZ-07 @core
  Scenario Outline: The vault and the tenant must be named: <name>
    Given the Azure class lacks "<name>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "<name> is not provided"

    Examples:
      | name         |
      | keyvaultName |
      | tenantId     |

  @AZ-08 @core
  Scenario: Of two tenants the one called tenantID counts
    Given the Azure class has "nowhere" as "tenantId"
    And the Azure class has "11111111-2222-3333-4444-555555555555" as "tenantID"
    When the Azure volume is mounted
    Then Azure was asked 1 time for "POST /TENANT/oauth2/v2.0/token 200"

  @AZ-09 @core
  Scenario: A cloud that does not exist is named
    Given the Azure class has "AzureCloud1" as "cloudName"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "cloudName AzureCloud1 is not valid" and "AZURECLOUD1"

  @AZ-10 @core
  Scenario: A cloud's file that is not there is named
    Given the Azure class has "AzureStackCloud" as "cloudName"
    And the Azure class has "/nonexistent/env.json" as "cloudEnvFileName"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "AzureStackCloud" and "/nonexistent/env.json"

  @AZ-11 @extended @behaviour:upstream
  Scenario: A cloud's file that one mount names stays for the next
    Given a file describes the Azure cloud "AzureStackCloud" at "test"
    And the Azure volume is mounted
    And the Azure class lacks "cloudEnvFileName"
    When the Azure volume is mounted again
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-11h @extended @behaviour:hardened
  Scenario: A cloud's file counts for the mount that names it
    Given a file describes the Azure cloud "AzureStackCloud" at "test"
    And the Azure volume is mounted
    And the Azure class lacks "cloudEnvFileName"
    When the Azure volume is mounted again
    Then the Azure mount is refused, naming "AzureStackCloud"

  @AZ-11c @core
  Scenario: A cloud of one's own is met where its file says
    Given a file describes the Azure cloud "AzureStackCloud" at "test"
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-12 @core
  Scenario Outline: Without a client id the Secret must hold the credentials: <secrets>
    Given the driver hands the Azure provider the secrets "<secrets>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "<missing>"
    And nobody at Azure was asked

    Examples:
      | secrets               | missing             |
      | null                  | nodePublishSecretRef |
      | {}                    | clientid            |
      | {\"clientid\":\"cid\"} | clientsecret        |

  @AZ-13 @core
  Scenario: The Secret's keys may be written in any case
    Given the keys of the Azure credentials are "ClientID" and "CLIENTSECRET"
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-14 @core
  Scenario: A client id without a token is refused, and the Secret does not stand in
    Given the Azure class has "wi-client" as "clientID"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "service account tokens not found"
    And nobody at Azure was asked

  @AZ-15 @core
  Scenario: A token for somebody else does not do
    Given the Azure class has "wi-client" as "clientID"
    And the Azure class has '{"vault":{"token":"t"}}' as "csi.storage.k8s.io/serviceAccount.tokens"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "token for audience api://AzureADTokenExchange not found"
    And nobody at Azure was asked

  @AZ-16 @core
  Scenario Outline: A client id wants its token in every mode: <flag>
    Given the Azure class has "wi-client" as "clientID"
    And the Azure class has "true" as "<flag>"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "mode <mode>" and "service account tokens not found"

    Examples:
      | flag                 | mode              |
      | usePodIdentity       | PodIdentity       |
      | useVMManagedIdentity | VMManagedIdentity |

  @AZ-17 @core
  Scenario Outline: Identity binding wants a client id and a token: <client>
    Given the Azure class has "true" as "useAzureTokenProxy"
    And the Azure class has "<client>" as "clientID"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "mode AzureTokenProxy" and "<missing>"

    Examples:
      | client    | missing                                                 |
      |           | clientID is required for identity binding               |
      | wi-client | service account tokens are required for identity binding |

  @AZ-18 @core
  Scenario: Objects must be named
    Given the Azure class has "" as "objects"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "objects is not set"

  @AZ-19 @core
  Scenario Outline: Objects must be an array of texts: <why>
    Given the Azure class asks for exactly
      """
      <objects>
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "objects" and "<why>"

    Examples:
      | objects                       | why                    |
      | [{objectName: secret1}]       | cannot unmarshal !!seq |
      | x                             | cannot unmarshal !!str |
      | {array: [{objectName: s}]}    | cannot unmarshal !!map |

  @AZ-20 @core
  Scenario: No object is no file, and nobody is asked
    Given the Azure class asks for exactly
      """
      array:
      """
    When the Azure volume is mounted
    Then the Azure volume is mounted without a file
    And nobody at Azure was asked

  @AZ-21 @core
  Scenario: An object that cannot be read is named by its place
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      - {objectName: secret1, objectType: secret, objectVersionHistory: x}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "index 1" and "into int32"

  @AZ-22 @core
  Scenario: A format that does not exist is named with its object
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, objectFormat: pkcs}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "pkcs"

  @AZ-23 @core
  Scenario: A key has no PFX
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: key, objectFormat: pfx}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "PFX format only supported for objectType: secret"

  @AZ-24 @core
  Scenario: A certificate has no encoding
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: cert, objectEncoding: hex}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "objectEncoding"

  @AZ-25 @core
  Scenario Outline: A file stays inside the volume: <alias>
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, objectAlias: "<alias>"}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "<why>"
    And nobody at Azure was asked

    Examples:
      | alias | why                              |
      | /a    | file name must be a relative path |
      | ../a  | file name must not contain '..'  |
      | a..b  | file name must not contain '..'  |

  @AZ-26 @core
  Scenario Outline: A vault's name has a form: <vault>
    Given the Azure class has "<vault>" as "keyvaultName"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "Invalid vault name" and "<vault>"
    And nobody at Azure was asked

    Examples:
      | vault   |
      | kv      |
      | kv_test |

  @AZ-27 @core
  Scenario: A type that does not exist is named with its object, and nobody is asked
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: Secret}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "objectType:Secret"
    And nobody at Azure was asked
