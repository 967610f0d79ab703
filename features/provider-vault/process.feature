@profile:PROVIDER-VAULT @core @must
Feature: The Vault provider as a process
  Docs: https://github.com/hashicorp/vault-csi-provider

  @VT-69
  Scenario: It is ready at /health/ready, and knows no other path
    Given the Vault provider runs as a process
    Then the Vault provider answers "/health/ready" with 200
    And the Vault provider answers "/health" with 404

  @VT-70
  Scenario: gRPC's health check is not implemented
    Given a pod whose ServiceAccount has a role in Vault
    When gRPC's health check asks the Vault provider
    Then the Vault provider's health check fails with "Unimplemented"

  @VT-71 @behaviour:upstream
  Scenario: Upstream does not start outside of a cluster
    When the Vault provider is run outside of a cluster
    Then the Vault provider ends with status 1, saying "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"

  @VT-72
  Scenario: A file where its socket shall stand is replaced
    Given a stale file where the Vault provider's socket shall stand
    When the Vault provider runs as a process
    Then the Vault provider answers on its socket
