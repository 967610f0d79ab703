@profile:SECURITY @core @must
Feature: Secrets are where they belong, and nowhere else
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/best-practices

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @SEC-01
  Scenario: What the driver logs at any level shows neither tokens nor secrets nor files
    Given a provider that returns the file "password" holding a secret
    And kubelet sends a secret and a token
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the secret
    And nothing the driver logged, told or counted shows any of them

  @SEC-01a
  Scenario: Of a publish that fails no secret shows either
    Given a provider that answers "PermissionDenied" with "no access"
    And kubelet sends a secret and a token
    When kubelet publishes the volume
    Then the publish fails with "PermissionDenied"
    And nothing the driver logged, told or counted shows any of them

  @SEC-02 @needs:mounts
  Scenario: Secrets are on tmpfs alone
    Given a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the target path is a tmpfs mount
    And nothing was written outside the volume

  @SEC-08 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: Without sync the driver may not read a Secret
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the volume holds the file "password" with "first"
    Then the driver's account may not "get list watch create" Secrets

  @SEC-08a
  Scenario: With sync off no Secret exists
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then there is no Secret "creds"
    And the volume holds the file "password" with "first"

  @SEC-07
  Scenario Outline: A user with the role <role> may <may> SecretProviderClasses and only look at status objects
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the volume holds the file "password" with "first"
    Then a user with the role "<role>" may "<verbs>" of SecretProviderClasses and "get list watch" of status objects

    Examples:
      | role  | may     | verbs                                     |
      | view  | look at | get list watch                            |
      | edit  | change  | get list watch create update patch delete |
      | admin | change  | get list watch create update patch delete |

  @SEC-13h @behaviour:hardened
  Scenario: The driver asks the API server for exactly what it needs
    Given a provider that returns the file "password" holding "first"
    And the driver may write Secrets
    And the driver rotates every 2 minutes
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 2 minutes pass
    And kubelet publishes the volume
    Then the Secret "creds" is there at once
    And the driver has asked for exactly:
      | secretproviderclasses          | list watch               |
      | secretproviderclasspodstatuses | create get list update |
      | secrets                        | create list update watch |
      | pods                           | get list watch           |

  @SEC-14
  Scenario: The driver asks for nothing that its chart does not grant
    Given a provider that returns the file "password" holding "first"
    And the driver may write Secrets
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    When kubelet unpublishes the volume
    Then the driver was never refused
