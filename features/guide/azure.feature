@profile:PROVIDER-AZURE @core @must
Feature: The guide's application reads its secrets from Key Vault
  The driver, the vault and the Azure provider are set up as examples/azure has it, and nothing else is done.
  Docs: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/configurations/identity-access-modes/workload-identity-mode/

  Background:
    Given a cluster beside Azure set up by "azure/azure-setup.sh"
    And the Azure provider installed

  @GUIDE-AZ-01 @any-cluster
  Scenario: As the guide has it, with an empty clientID, no pod runs and each is told why
    Given the driver installed with "azure/driver-values.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class.yaml" are applied
    When "azure/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "production/app-with-secrets" and "nodePublishSecretRef secret is not set"

  @GUIDE-AZ-02 @any-cluster
  Scenario: A clientID alone does not do where the driver asks for no tokens
    Given the driver installed with "azure/driver-values.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied
    When "azure/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "production/app-with-secrets" and "service account tokens not found"

  @GUIDE-AZ-03 @any-cluster
  Scenario: Corrected, both replicas run and read what Key Vault holds
    Given the driver installed with "azure/driver-values-corrected.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied
    When "azure/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-key" as Key Vault holds them

  @GUIDE-AZ-04
  Scenario: A pod asks Azure as its identity, and for nothing else
    Given the driver installed with "azure/driver-values-corrected.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied
    When "azure/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And Key Vault was read 4 times, each time as the identity of the class

  @GUIDE-AZ-05 @needs:virtual-time
  Scenario: A value that changes in Key Vault reaches the running pods
    Given the driver installed with "azure/driver-values-corrected.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied
    And "azure/app.yaml" is applied
    And 2 pods of "app-with-secrets" run in "production"
    When the password changes in Key Vault
    And 5 minutes go by
    Then each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-key" as Key Vault holds them

  @GUIDE-AZ-06 @any-cluster
  Scenario: A container whose variables come from the synced Secret starts once the Secret is there
    Given the driver installed with "azure/driver-values-corrected.yaml"
    And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied
    When "azure/app-with-env.yaml" is applied
    Then 1 pods of "app-with-env" run in "production"
    And the container of "app-with-env" in "production" has DB_PASSWORD and API_KEY as Key Vault holds them

  Rule: A pod that may not have its secrets is told why, and gets them once it may

    Background:
      Given the driver installed with "azure/driver-values-corrected.yaml"
      And "azure/namespace.yaml" and "azure/secret-provider-class-corrected.yaml" are applied

    @AZPOD-01 @any-cluster
    Scenario: The federated credential is for another ServiceAccount
      Given the identity's federated credential is for "system:serviceaccount:production:somebody-else"
      When "azure/app.yaml" is applied
      Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "AADSTS700213"
      When the identity's federated credential is for "system:serviceaccount:production:app-service-account"
      Then 2 pods of "app-with-secrets" run in "production"

    @AZPOD-02 @any-cluster
    Scenario: One of the two secrets is disabled, and neither is mounted
      Given "api-key" is disabled in Key Vault
      When "azure/app.yaml" is applied
      Then no pod of "app-with-secrets" in "production" runs, each told of "api-key" and "SecretDisabled"
      And no volume in "production" holds a file
      When "api-key" is enabled in Key Vault
      Then 2 pods of "app-with-secrets" run in "production"

    @AZPOD-03 @any-cluster
    Scenario: The vault's policy does not know the identity
      Given the guide's vault lets nobody in
      When "azure/app.yaml" is applied
      Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "AccessDenied"
      When the guide's vault lets the identity in
      Then 2 pods of "app-with-secrets" run in "production"

    @AZPOD-04 @any-cluster
    Scenario: Entra ID is not well
      Given Entra ID answers every token request with 503
      When "azure/app.yaml" is applied
      Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "RESPONSE 503"
      When Azure is well again
      Then 2 pods of "app-with-secrets" run in "production"

    @AZPOD-05
    Scenario: Somebody else answers at the vault's name
      Given somebody else answers at the vault's name
      When "azure/app.yaml" is applied
      Then no pod of "app-with-secrets" in "production" runs, each told of "db-password" and "certificate signed by unknown authority"
      When Azure is well again
      Then 2 pods of "app-with-secrets" run in "production"
