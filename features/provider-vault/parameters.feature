@profile:PROVIDER-VAULT @core @must
Feature: What the class and the driver may say to the Vault provider
  Whatever is wrong is said before anybody is asked.
  Docs: https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations

  Background:
    Given a pod whose ServiceAccount has a role in Vault
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      """

  @VT-01
  Scenario: The provider says who it is
    When the driver asks the Vault provider for its version
    Then the Vault provider is "vault-csi-provider" of the interface "v1alpha1"

  @VT-02
  Scenario: Attributes that are no JSON are refused
    Given the driver of the Vault volume sends the attributes "x"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      invalid character 'x' looking for beginning of value
      """
    And Vault was asked for nothing

  @VT-03
  Scenario: An attribute that is no text is refused
    Given the driver of the Vault volume sends the attributes "{'roleName':1}"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      json: cannot unmarshal number into Go value of type string
      """

  @VT-04
  Scenario: An empty permission is refused
    Given the driver of the Vault volume sends the permission ""
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      unexpected end of JSON input
      """

  @VT-05
  Scenario: An empty target path is refused
    Given the driver of the Vault volume sends no target path
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      missing target path field
      """

  @VT-06
  Scenario: Without a role the role is asked for, whatever else is missing
    Given the class of Vault names no "roleName"
    And the class of Vault names no "objects"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      missing 'roleName' in SecretProviderClass definition
      """

  @VT-07
  Scenario: A class without objects is refused
    Given the class asks Vault with "objects" as ""
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      no secrets configured - the provider will not read any secret material
      """

  @VT-08
  Scenario: Objects below "array", as other providers have them, are refused
    Given the class asks Vault for
      """
      array: []
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      cannot unmarshal !!map into []config.Secret
      """

  @VT-09
  Scenario: Two objects of one name are refused by that name
    Given the class asks Vault for
      """
      - {objectName: foo, secretPath: secret/data/a, secretKey: k}
      - {objectName: foo, secretPath: secret/data/b, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      each `objectName` within a SecretProviderClass must be unique, but the following keys were duplicated: foo
      """
    And Vault was asked for nothing

  @VT-10
  Scenario: The old and the new name of the auth mount together are refused
    Given the class asks Vault with "vaultKubernetesMountPath" as "a"
    And the class asks Vault with "vaultAuthMountPath" as "b"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      cannot set both vaultKubernetesMountPath and vaultAuthMountPath
      """

  @VT-11
  Scenario: A switch that is neither on nor off is refused
    Given the class asks Vault with "vaultSkipTLSVerify" as "yes"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      strconv.ParseBool: parsing "yes": invalid syntax
      """

  @VT-12
  Scenario: Tokens that are no JSON are refused
    Given the driver of the Vault volume sends the tokens "x"
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      failed to unmarshal service account tokens: invalid character 'x'
      """

  @VT-13
  Scenario: A file permission in quotes is refused
    Given the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k, filePermission: "0600"}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      cannot unmarshal !!str `0600` into fs.FileMode
      """
