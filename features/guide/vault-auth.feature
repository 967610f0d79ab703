@profile:PROVIDER-VAULT @core @must
Feature: A pod that may not have its secrets is told why, and gets them once it may
  Through the whole chain: kubelet, driver, provider, Vault and the API server that reviews tokens.
  Docs: https://developer.hashicorp.com/vault/docs/auth/kubernetes

  Background:
    Given a cluster with Vault set up by "vault/vault-setup.sh"
    And the driver installed with "vault/driver-values.yaml"
    And the Vault provider installed with "vault/provider-values.yaml"
    And "vault/namespace.yaml" and "vault/secret-provider-class.yaml" are applied

  @VAUTH-01 @processes @any-cluster
  Scenario: Vault knows no such role
    Given Vault's role "app-role" is missing
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "invalid role name"
    When Vault's role "app-role" is bound as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-02 @processes @any-cluster
  Scenario: The role is for another ServiceAccount
    Given Vault's role "app-role" is bound to the ServiceAccount "somebody-else" in "production"
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "service account name not authorized"
    When Vault's role "app-role" is bound as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-03 @processes @any-cluster
  Scenario: The role is for another namespace
    Given Vault's role "app-role" is bound to the ServiceAccount "app-service-account" in "staging"
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "namespace not authorized"
    When Vault's role "app-role" is bound as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-04 @processes @any-cluster
  Scenario: The role wants another audience
    Given Vault's role "app-role" wants the audience "elsewhere"
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "invalid audience (aud) claim"
    When Vault's role "app-role" is bound as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-05 @processes @any-cluster
  Scenario: The policy does not allow the path
    Given Vault's policy "app-policy" allows nothing
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "permission denied"
    When Vault's policy "app-policy" is as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-06 @processes @any-cluster
  Scenario: The policy allows one of the two secrets: neither is mounted
    Given Vault's policy "app-policy" allows the path "secret/data/myapp/database" alone
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "api-token" and "permission denied"
    And no volume in "production" holds a file
    When Vault's policy "app-policy" is as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-07 @processes @any-cluster
  Scenario: The secret is not there
    Given Vault holds no secret at "myapp/api"
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "api-token" and "Code: 404"
    When Vault holds the guide's secrets
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-08 @processes @any-cluster
  Scenario: Vault is sealed
    Given Vault is sealed
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "Vault is sealed"
    When Vault is unsealed
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-09
  Scenario: Nobody stands behind Vault's Service
    Given Vault's Service has no endpoints
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "connection refused"
    When Vault's Service has its endpoints
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-10
  Scenario: Vault's name does not resolve
    Given Vault's Service is deleted
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "no such host"
    When Vault's Service has its endpoints
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-11
  Scenario Outline: Vault answers <status>
    Given Vault answers every read with <status>
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "Code: <status>"
    When Vault answers again
    Then 2 pods of "app-with-secrets" run in "production"

    Examples:
      | status |
      | 429    |
      | 500    |
      | 502    |
      | 503    |

  @VAUTH-12 @needs:virtual-time
  Scenario: Vault does not answer in time
    Given Vault does not answer
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "deadline exceeded"
    When Vault answers again
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-13 @processes
  Scenario: Vault shows a certificate of an unknown authority
    Given the SecretProviderClass names a Vault whose certificate an unknown authority issued
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "certificate signed by unknown authority"
    When the SecretProviderClass names that authority's certificate
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-14 @processes @any-cluster
  Scenario: The SecretProviderClass is not there
    Given the SecretProviderClass "vault-secrets" in "production" is missing
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "production/vault-secrets" and "not found"
    When "vault/secret-provider-class.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-15 @processes @any-cluster
  Scenario: Vault may not review tokens
    Given Vault's own account may not review tokens
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "permission denied"
    When Vault's own account may review tokens
    Then 2 pods of "app-with-secrets" run in "production"

  @VAUTH-16 @processes @any-cluster
  Scenario: The provider may not make tokens for pods
    Given the Vault provider's account may not create tokens
    When "vault/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "cannot create resource \"serviceaccounts/token\""
    When the Vault provider's account may create tokens
    Then 2 pods of "app-with-secrets" run in "production"
