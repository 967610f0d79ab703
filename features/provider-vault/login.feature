@profile:PROVIDER-VAULT @core @must
Feature: The Vault provider logs in as the pod, and no oftener than needed
  Docs: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes

  Background:
    Given a pod whose ServiceAccount has a role in Vault
    And Vault holds at "secret/data/a"
      """
      {"k": "first"}
      """
    And Vault holds at "secret/data/b"
      """
      {"k": "second"}
      """
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      """

  @VT-20
  Scenario: A login brings the pod's token and the role, and nothing else
    When the Vault volume is mounted
    Then the login brought the pod's token for "vault" and the role
    And every request to Vault bore the header "X-Vault-Request: true"

  @VT-21
  Scenario: The class names another auth mount
    Given Vault's kubernetes auth is also at "jwt"
    And the class asks Vault with "vaultAuthMountPath" as "jwt"
    When the Vault volume is mounted
    Then Vault was asked for
      """
      POST /v1/auth/jwt/login
      GET /v1/secret/data/a
      """

  @VT-22
  Scenario: The auth mount of the flag serves a class that names none
    Given Vault's kubernetes auth is also at "k2"
    And the Vault provider runs with the flag "-vault-mount" as "k2"
    When the Vault volume is mounted
    Then Vault was asked for
      """
      POST /v1/auth/k2/login
      GET /v1/secret/data/a
      """

  @VT-23
  Scenario: The namespace is named in the login and in every read
    Given the class asks Vault with "vaultNamespace" as "ns"
    And Vault answers "POST /v1/auth/kubernetes/login" with 200 and
      """
      {"auth":{"client_token":"t"}}
      """
    And Vault answers "GET /v1/secret/data/a" with 200 and
      """
      {"data":{"data":{"k":"first"}}}
      """
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And every request to Vault bore the header "X-Vault-Namespace: ns"

  @VT-24
  Scenario: Of several tokens the one for the class's audience is taken
    Given the class asks Vault with "audience" as "x"
    And the mount brings tokens for "vault and x"
    When the Vault volume is mounted
    Then the login brought the pod's token for "x" and the role

  @VT-25
  Scenario: Without a token the provider makes one for the pod
    Given the mount brings no token for Vault
    When the Vault volume is mounted
    Then the token was made for the audiences "", for 900 seconds and bound to the pod

  @VT-26
  Scenario: Without a token for the class's audience the provider makes one for it
    Given the class asks Vault with "audience" as "x"
    When the Vault volume is mounted
    Then the token was made for the audiences "x", for 900 seconds and bound to the pod

  @VT-27
  Scenario: A token that the provider may not make is told with the pod
    Given the mount brings no token for Vault
    And the Vault provider may not make tokens for pods
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "f": failed to create a service account token for requesting pod {web
      """
    And Vault was asked for nothing

  @VT-28
  Scenario: A refused login is told with Vault's own words
    Given Vault's role is for another ServiceAccount
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      Code: 403. Errors:\n\n* service account name not authorized
      """
    And Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      """

  @VT-29
  Scenario: The second mount of a pod needs no login
    Given the Vault volume was mounted
    When the Vault volume is mounted
    Then Vault was asked for
      """
      GET /v1/secret/data/a
      """

  @VT-30
  Scenario: Neither other objects nor a new token of the pod need a login
    Given the Vault volume was mounted
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/b, secretKey: k}
      """
    When the Vault volume is mounted
    Then Vault was asked for
      """
      GET /v1/secret/data/b
      """

  @VT-31
  Scenario: Another pod logs in for itself
    Given the Vault volume was mounted
    And the volume of Vault belongs to another pod
    When the Vault volume is mounted
    Then Vault was asked to log in 1 time
    And the login brought a token of that pod alone

  @VT-32
  Scenario: A provider that keeps no tokens logs in at each mount
    Given the Vault provider runs with the flag "-cache-size" as "0"
    And the Vault volume was mounted
    When the Vault volume is mounted
    Then Vault was asked to log in 1 time

  @VT-33
  Scenario: A read that is forbidden right after the login is not tried again
    Given Vault's policy allows the path "secret/data/other" alone
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "f": error requesting secret:
      """
    And Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/a
      """

  @VT-34 @needs:virtual-time
  Scenario: A token that has expired is replaced by one login, and the read goes on
    Given the Vault volume was mounted
    And 11 minutes go by in Vault
    When the Vault volume is mounted
    Then the Vault mount succeeds
    And Vault was asked for
      """
      GET /v1/secret/data/a
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/a
      """
    And the second login showed the refused token

  @VT-35 @behaviour:upstream
  Scenario: Upstream logs in once more for an object that is forbidden, and reads it again
    Given Vault's policy allows the path "secret/data/a" alone
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      - {objectName: g, secretPath: secret/data/b, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "g"
      """
    And Vault was asked for
      """
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/a
      GET /v1/secret/data/b
      POST /v1/auth/kubernetes/login
      GET /v1/secret/data/b
      """

  @VT-35h @behaviour:hardened
  Scenario: Objects that are read at once share the login, and a forbidden one fails the mount
    Given Vault's policy allows the path "secret/data/a" alone
    And the class asks Vault for
      """
      - {objectName: f, secretPath: secret/data/a, secretKey: k}
      - {objectName: g, secretPath: secret/data/b, secretKey: k}
      """
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      couldn't read secret "g"
      """
    And Vault was asked to log in 1 time
    And Vault was asked for "GET /v1/secret/data/b" 1 time

  @VT-36 @needs:virtual-time
  Scenario: An expired token and a login that is refused are both told
    Given the Vault volume was mounted
    And 11 minutes go by in Vault
    And Vault's role lets nobody in any more
    When the Vault volume is mounted
    Then the Vault mount is refused, saying
      """
      and failed to reauthenticate: failed to login:
      """

  @VT-37 @needs:virtual-time
  Scenario: Twenty mounts that find the token expired share one login
    Given the Vault volume was mounted
    And 11 minutes go by in Vault
    When 20 mounts of the Vault volume begin at once
    Then the Vault mount succeeds
    And Vault was asked to log in 1 time

  @VT-57
  Scenario: A token given to the provider makes logins needless
    Given the Vault provider runs with the variable "VAULT_TOKEN" as "t"
    And Vault answers "GET /v1/secret/data/a" with 200 and
      """
      {"data":{"data":{"k":"first"}}}
      """
    When the Vault volume is mounted
    Then Vault was asked for
      """
      GET /v1/secret/data/a
      """
    And every request to Vault bore the header "X-Vault-Token: t"
