@profile:PROVIDER-VAULT @core @must
Feature: Versions of the Vault provider tell whether anything changed, and nothing of the value
  Docs: https://github.com/hashicorp/vault-csi-provider

  Background:
    Given a pod whose ServiceAccount has a role in Vault
    And Vault holds at "secret/data/a"
      """
      {"k": "same", "l": "same"}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      - {objectName: g, secretPath: secret/data/a, secretKey: l}
      """

  @VT-62
  Scenario: Two objects of the same content have versions of their own
    When the Vault volume is mounted
    Then the Vault volume's versions are of "f" and "g"
    And the Vault volume's versions differ from each other

  @VT-63
  Scenario: What did not change keeps its version
    Given the Vault volume was mounted
    When the Vault volume is mounted
    Then the Vault volume's versions are those of the mount before

  @VT-63a
  Scenario: What changed gets another version
    Given the Vault volume was mounted
    And Vault holds at "secret/data/a"
      """
      {"k": "other", "l": "same"}
      """
    When the Vault volume is mounted
    Then the Vault volume's versions are others than those of the mount before

  @VT-64
  Scenario: The first mount makes the key of versions
    When the Vault volume is mounted
    Then the HMAC Secret of the Vault provider is immutable and holds a key of 32 bytes
    And the API server was asked by the Vault provider for
      """
      GET /api/v1/namespaces/csi/secrets/vault-csi-provider-hmac-key 404
      POST /api/v1/namespaces/csi/secrets 201
      """

  @VT-65
  Scenario: Of two providers that make the key the first one's counts
    Given another Vault provider makes the HMAC Secret first
    When the Vault volume is mounted
    Then the API server was asked by the Vault provider for
      """
      GET /api/v1/namespaces/csi/secrets/vault-csi-provider-hmac-key 200
      """
    And the Vault volume's versions differ from each other

  @VT-66
  Scenario: Without the right to the key the mount succeeds with empty versions
    Given the Vault provider may not read its HMAC Secret
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the Vault volume's versions are empty

  @VT-66a
  Scenario: With a Secret that holds no key the mount succeeds with empty versions
    Given the HMAC Secret of the Vault provider holds no key
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the Vault volume's versions are empty

  @VT-66b
  Scenario: With the API server down the mount succeeds with empty versions
    Given the API server of the Vault provider is down
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And the Vault volume's versions are empty
