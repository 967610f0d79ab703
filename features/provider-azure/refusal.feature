@profile:PROVIDER-AZURE @core @must
Feature: Who may not read is told why, and reads once the cause is gone, without a restart
  Docs: https://learn.microsoft.com/entra/workload-id/workload-identity-federation

  Background:
    Given an Azure tenant whose application may read a vault
    And Key Vault holds the secret "db-password"
    And the Azure class asks for
      """
      - {objectName: db-password, objectType: secret}
      """

  Rule: A pod with a ServiceAccount of its own

    Background:
      Given the Azure pod's ServiceAccount has a federated credential

    @AZAUTH-01
    Scenario: No token came
      Given the CSIDriver asks for no token for Azure
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "token for audience api://AzureADTokenExchange not found"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-02
    Scenario: The token has expired
      Given the pod's token for Azure expired 10 minutes ago
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700024"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-03
    Scenario: The token is not valid yet
      Given the pod's token for Azure is good in 10 minutes only
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700024"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-04
    Scenario: The token is for another audience
      Given the pod's token for Azure is for the audience "https://kubernetes.default.svc"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700212"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-05
    Scenario: The federated credential is for another audience
      Given the federated credential is for the audience "api://elsewhere"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700212"
      When the federated credential is as it should be
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-06
    Scenario: The token is of another issuer
      Given the pod's token for Azure is of the issuer "https://other.example"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700211"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-07
    Scenario: The pod is in another namespace
      Given the Azure pod runs as "app" in "staging"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "system:serviceaccount:staging:app"
      When the Azure pod runs as it should
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-08
    Scenario: The pod has another ServiceAccount
      Given the Azure pod runs as "other" in "shop"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "system:serviceaccount:shop:other"
      When the Azure pod runs as it should
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-09
    Scenario: The token is forged
      Given the pod's token for Azure is signed by somebody else
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS50013"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-10
    Scenario: The token is signed with a key that the cluster never published
      Given the pod's token for Azure is signed with a key that the cluster does not publish
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "The key was not found"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-11
    Scenario: The cluster's keys are rotated, and a token of the new one counts at once
      Given the Azure volume is mounted
      When the cluster signs with a new key
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-27
    Scenario: The cluster's keys are rotated, and a token of the old one counts as long as it is published
      Given the pod keeps the token for Azure that it has
      When the cluster signs with a new key
      And the Azure volume is mounted
      Then the Azure mount succeeds

    @AZAUTH-28
    Scenario: The cluster has retired the key that the pod's token is signed with
      Given the pod keeps the token for Azure that it has
      When the cluster signs with a new key and retires the old one
      And the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "The key was not found"
      When the pod's token for Azure is the cluster's own
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-12
    Scenario: Entra ID has no such client
      Given Entra ID has no such client
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS700016"
      When the federated credential is as it should be
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-13
    Scenario: Entra ID has no such tenant
      Given the Azure class has "99999999-0000-0000-0000-000000000000" as "tenantId"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS90002"
      When the Azure class has "11111111-2222-3333-4444-555555555555" as "tenantId"
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-14
    Scenario: The vault's policy does not know the identity
      Given the vault's policy lets nobody in
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AccessDenied"
      When the vault's policy is as it was
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-15
    Scenario: The vault goes by roles, and the identity has none
      Given the vault goes by roles, and the identity has none
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "ForbiddenByRbac"
      When the identity has the role "Key Vault Secrets User" on "/secrets/db-password"
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-16
    Scenario: A reader of metadata may not read values
      Given the vault goes by roles, and the identity has none
      And the identity has the role "Key Vault Reader" on "/"
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "secrets/getSecret/action"

  Rule: An application with a secret

    @AZAUTH-17
    Scenario: The application's secret is wrong
      Given the application's secret is another one
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS7000215"
      When the application's secret is valid
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-18
    Scenario: The application's secret has expired
      Given the application's secret has expired
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "AADSTS7000222"
      When the application's secret is valid
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-19
    Scenario: The secret is disabled
      Given Key Vault's secret "db-password" is disabled
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "SecretDisabled"
      When Key Vault's secret "db-password" is enabled
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-20
    Scenario: The secret was deleted
      Given Key Vault's secret "db-password" is deleted
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "SecretNotFound"
      When Key Vault's secret "db-password" is recovered
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-21
    Scenario: The vault throttles for good
      Given Azure answers "/secrets/*" with 429 and
        """
        {"error":{"code":"Throttled","message":"slow down"}}
        """
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "Throttled"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-22
    Scenario: Entra ID is not well
      Given Azure answers "*/oauth2/v2.0/token" with 503
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "503"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-23 @needs:virtual-time
    Scenario: The vault does not answer in time
      Given Azure answers "/secrets/*" not at all
      When the Azure volume is mounted
      Then the Azure mount ends with "DeadlineExceeded"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-24
    Scenario: Azure is down
      Given Azure cuts every connection
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "https://testkv.vault.azure.net"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-25
    Scenario: The vault's certificate is of an authority that nobody trusts
      Given Azure shows a certificate of an authority that nobody trusts
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password" and "certificate signed by unknown authority"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds

    @AZAUTH-26
    Scenario: What the vault answers is no JSON
      Given Azure answers "/secrets/db-password/" with 200 and
        """
        <html>hello</html>
        """
      When the Azure volume is mounted
      Then the Azure mount is refused, naming "db-password"
      When Azure works again
      And the Azure volume is mounted again
      Then the Azure mount succeeds
