@profile:PROVIDER-VAULT @core @must
Feature: The guide's application reads its secrets from Vault
  The driver, Vault and the Vault provider are set up as examples/vault has it, and nothing else is done.
  Docs: https://developer.hashicorp.com/vault/docs/platform/k8s/csi

  Background:
    Given a cluster with Vault set up by "vault/vault-setup.sh"
    And the driver installed with "vault/driver-values.yaml"
    And the Vault provider installed with "vault/provider-values.yaml"
    And "vault/namespace.yaml" and "vault/secret-provider-class.yaml" are applied

  @GUIDE-01 @processes @any-cluster
  Scenario: Both replicas run and read what Vault holds
    When "vault/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-token" as Vault holds them

  @GUIDE-02 @processes
  Scenario: A pod asks Vault as itself, and for nothing else
    When "vault/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And Vault was asked by 2 logins and 4 reads of the two secrets alone

  @GUIDE-03 @processes @any-cluster
  Scenario: The status object of each pod names both objects with a version
    When "vault/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them has a status object that lists "api-token" and "db-password" with a version

  @GUIDE-04 @processes @any-cluster
  Scenario: A pod that is deleted leaves nothing mounted
    Given "vault/app.yaml" is applied
    And 2 pods of "app-with-secrets" run in "production"
    When the Deployment "app-with-secrets" in "production" is deleted
    Then no pod of "app-with-secrets" is left in "production"
    And nothing is mounted on the node

  @GUIDE-05 @needs:virtual-time
  Scenario: A value that changes in Vault reaches the running pods
    Given "vault/app.yaml" is applied
    And 2 pods of "app-with-secrets" run in "production"
    When the password changes in Vault
    And 5 minutes go by
    Then each pod of "app-with-secrets" in "production" reads the new password

  @GUIDE-06 @any-cluster
  Scenario: A Secret is made of what the pods mount, and goes with them
    Given the SecretProviderClass of the guide also makes the Secret "app-secrets"
    When "vault/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And the guide's Secret "app-secrets" holds what Vault holds
    When the Deployment "app-with-secrets" in "production" is deleted
    Then no pod of "app-with-secrets" is left in "production"
    And the guide's Secret "app-secrets" is gone

  @GUIDE-07 @any-cluster
  Scenario: A value that changes in Vault reaches the pods and their Secret, whatever the cluster
    Given the SecretProviderClass of the guide also makes the Secret "app-secrets"
    And "vault/app.yaml" is applied
    And 2 pods of "app-with-secrets" run in "production"
    When the password changes in Vault
    Then the guide's pods and their Secret "app-secrets" follow within 5 minutes
