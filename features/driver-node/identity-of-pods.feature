@profile:DRIVER-NODE @core @must
Feature: Who the pod is reaches the provider unchanged
  Docs: https://kubernetes-csi.github.io/docs/token-requests.html

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And a provider that returns the file "password" holding "first"

  @AUT-01
  Scenario: Tokens in the volume context are passed on
    Given kubelet sends the tokens "T1" in the volume context
    When kubelet publishes the volume
    Then the provider's attributes hold the tokens "T1"

  @AUT-02 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: Tokens in the secrets are passed on in both places
    Given kubelet sends the tokens "T1" in the secrets
    When kubelet publishes the volume
    Then the provider's attributes hold the tokens "T1"
    And the provider's secrets hold the tokens "T1"

  @AUT-03 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: Of two different tokens the one in the secrets counts
    Given kubelet sends the tokens "T1" in the volume context
    And kubelet sends the tokens "T2" in the secrets
    When kubelet publishes the volume
    Then the provider's attributes hold the tokens "T2"

  @AUT-04
  Scenario: Without tokens there is no key for them
    When kubelet publishes the volume
    Then the publish succeeds
    And the provider's attributes hold no tokens

  @AUT-05
  Scenario: The referenced Secret's values reach the provider decoded
    Given kubelet sends the secrets:
      | username | user |
      | password | pass |
    When kubelet publishes the volume
    Then the provider was asked with exactly these secrets

  @AUT-06 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A republish brings the new token
    Given the driver rotates every 2 minutes
    And kubelet sends the tokens "T1" in the volume context
    And kubelet has published the volume
    And kubelet sends the tokens "T2" in the volume context
    When 3 minutes pass
    And kubelet publishes the volume
    Then the provider's attributes hold the tokens "T2"

  @AUT-07
  Scenario: The driver asks for no tokens itself
    Given kubelet sends the tokens "T1" in the volume context
    When kubelet publishes the volume
    Then the publish succeeds
    And the provider was called once
    And the driver never asked the API server for a token
