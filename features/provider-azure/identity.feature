@profile:PROVIDER-AZURE @must
Feature: Azure is asked as the right one, as often as needed and no more
  Docs: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/configurations/identity-access-modes/

  Background:
    Given an Azure tenant whose application may read a vault
    And Key Vault holds the secret "secret1"
    And the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      """

  @AZ-28w @extended @behaviour:upstream
  Scenario: The calls of one secret
    When the Azure volume is mounted
    Then Azure was asked for
      """
      GET /secrets/secret1/ 401
      GET /common/discovery/instance 200
      GET /TENANT/v2.0/.well-known/openid-configuration 200
      POST /TENANT/oauth2/v2.0/token 200
      GET /secrets/secret1/ 200 as cid
      """

  @AZ-29 @core
  Scenario: A secret, a key and a certificate share one token
    Given Key Vault holds the certificate "cert" made of "leaf" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      - {objectName: cert, objectType: key}
      - {objectName: cert, objectType: cert}
      """
    When the Azure volume is mounted
    Then Azure was asked 1 time for "POST /TENANT/oauth2/v2.0/token"

  @AZ-30 @core
  Scenario: Each mount asks for a token of its own
    Given the Azure volume is mounted
    When the Azure volume is mounted again
    Then Azure was asked 1 time for "POST /TENANT/oauth2/v2.0/token 200"

  @AZ-39 @core
  Scenario: A history of a secret that is not there is refused with its name
    Given the Azure class asks for
      """
      - {objectName: absent, objectType: secret, objectVersionHistory: 3}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "absent" and "SecretNotFound"

  @AZ-40 @core
  Scenario: A secret that is not there is asked for once
    Given the Azure class asks for
      """
      - {objectName: absent, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "absent" and "SecretNotFound"
    And Azure was asked 1 time for "GET /secrets/absent/ 404"

  @AZ-40w @extended @behaviour:upstream
  Scenario: A secret that is not there, in the words of the real provider
    Given Azure answers "/secrets/secret1/" with 404 and
      """
      {"error":{"code":"SecretNotFound","message":"not there"}}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused with
      """
      failed to mount objects, error: failed to get objectType:secret, objectName:secret1, objectVersion:: GET https://testkv.vault.azure.net/secrets/secret1/
      --------------------------------------------------------------------------------
      RESPONSE 404: 404 Not Found
      ERROR CODE: SecretNotFound
      --------------------------------------------------------------------------------
      {
        "error": {
          "code": "SecretNotFound",
          "message": "not there"
        }
      }
      --------------------------------------------------------------------------------

      """

  @AZ-41 @core
  Scenario: A vault that is not there for a moment is asked again
    Given Azure answers "/secrets/secret1/" with 503, 2 times, after the challenge
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-42 @core
  Scenario: A vault that says when to come back is asked again then
    Given Azure answers "/secrets/secret1/" with 429 and the header "retry-after: 1", once after the challenge
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-42l @core
  Scenario: A vault that wants to be left alone for long is not asked again
    Given Azure answers "/secrets/secret1/" with 429 and the header "retry-after: 61", once after the challenge
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "429"

  @AZ-43 @extended @behaviour:upstream
  Scenario: A secret that Entra ID does not take, in the words of the real provider
    Given Azure answers "*/oauth2/v2.0/token" with 401 and
      """
      {"error":"invalid_client","error_description":"AADSTS7000215: no"}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused with
      """
      failed to mount objects, error: failed to get objectType:secret, objectName:secret1, objectVersion:: ClientSecretCredential authentication failed. 
      POST https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token
      --------------------------------------------------------------------------------
      RESPONSE 401: 401 Unauthorized
      --------------------------------------------------------------------------------
      {
        "error": "invalid_client",
        "error_description": "AADSTS7000215: no"
      }
      --------------------------------------------------------------------------------
      To troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#client-secret
      """

  @AZ-44 @core
  Scenario: With a client id the pod's own token counts, and the vault is read as its identity
    Given the Azure pod's ServiceAccount has a federated credential
    When the Azure volume is mounted
    Then Azure was asked 1 time for "GET /secrets/secret1/ 200 as wi-client"

  @AZ-45 @core
  Scenario: A token is not for every vault that asks for one
    Given Azure answers "/secrets/secret1/" with 401 and the header 'www-authenticate: Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.cn"'
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "vault.azure.cn"
    And Azure was asked 0 times for "POST"

  @AZ-46 @core
  Scenario: Entra ID's discovery may be away where its host is well known
    Given Azure answers "/common/discovery/instance" with 404
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-47 @core
  Scenario: Pod identity: the node's agent knows the pod by its name
    Given the pod is bound to the identity "pod-client", which may read the vault
    And the Azure class has "true" as "usePodIdentity"
    When the Azure volume is mounted
    Then Azure was asked 1 time for "GET /secrets/secret1/ 200 as pod-client"

  @AZ-47n @core
  Scenario: Pod identity: a pod that the agent does not know
    Given the Azure class has "true" as "usePodIdentity"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "nmi response failed with status code: 404"

  @AZ-48 @core
  Scenario: Managed identity: the machine's token is kept over mounts
    Given the node has the identity "node-client", which may read the vault
    And the Azure class has "true" as "useVMManagedIdentity"
    And the Azure class has "node-client" as "userAssignedIdentityID"
    And the Azure volume is mounted
    When the Azure volume is mounted again
    Then Azure was asked 0 times for "GET /metadata/identity/oauth2/token"
    And the Azure mount succeeds

  @AZ-48u @core
  Scenario: Managed identity: the vault is read as the identity of the class
    Given the node has the identity "node-client", which may read the vault
    And the Azure class has "true" as "useVMManagedIdentity"
    And the Azure class has "node-client" as "userAssignedIdentityID"
    When the Azure volume is mounted
    Then Azure was asked 1 time for "GET /secrets/secret1/ 200 as node-client"

  @AZ-49 @core
  Scenario: Managed identity: one that the machine has not is asked for once
    Given the Azure class has "true" as "useVMManagedIdentity"
    And the Azure class has "stranger" as "userAssignedIdentityID"
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "the requested identity isn't assigned to this resource"
    And Azure was asked 1 time for "GET /metadata/identity/oauth2/token 400"

  @AZ-61 @core
  Scenario: Identity binding: tokens come from the cluster's proxy, and Entra ID is not asked
    Given the Azure pod's ServiceAccount has a federated credential
    And the cluster has a token proxy for identity binding
    And the Azure class has "true" as "useAzureTokenProxy"
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-62 @core
  Scenario: The provider says that it serves
    Then the Azure provider says that it serves
