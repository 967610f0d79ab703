@profile:SECURITY @core @must
Feature: What others say and plant leads nowhere
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/best-practices

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And a provider that returns the file "password" holding "first"

  @SEC-03
  Scenario Outline: A provider is found by a name, not by a path: <name>
    Given the SecretProviderClass names the provider "<name>"
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "invalid provider: provider "<name>""
    And the provider was not called

    Examples:
      | name          |
      | ../x          |
      | a/../scripted |
      | ..            |
      | /etc/x        |
      | scripted.sock |

  @SEC-04
  Scenario: What a pod writes in its volume attributes replaces a parameter of the same name
    Given kubelet sends "objects" as "of the pod" in the volume context
    When kubelet publishes the volume
    Then the provider's attributes hold "objects" as "of the pod"

  @SEC-04h @behaviour:hardened
  Scenario: What only kubelet may say cannot come from a SecretProviderClass
    Given the SecretProviderClass has the parameter "csi.storage.k8s.io/serviceAccount.tokens" set to "forged"
    When kubelet publishes the volume
    Then the publish succeeds
    And the provider's attributes hold no tokens

  @SEC-05 @behaviour:upstream
  Scenario: A pod that names the mock provider gets an empty volume
    Given kubelet sends "providerName" as "Mock_Provider" in the volume context
    When kubelet publishes the volume
    Then the publish succeeds
    And the provider was not called

  @SEC-05h @behaviour:hardened
  Scenario: Naming the mock provider opens no door
    Given kubelet sends "providerName" as "Mock_Provider" in the volume context
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @SEC-06
  Scenario Outline: A status object that names another pod's volume <how> brings nothing of it
    Given the driver may write Secrets
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    When a status object of this pod names a volume <how>, which holds "stolen"
    And somebody deletes the Secret "creds"
    And the driver is killed and leaves its socket behind
    And the driver is started again
    Then the Secret "creds" never holds "stolen"

    Examples:
      | how                         |
      | of another pod              |
      | by way of its own           |
      | with its own path inside    |

  @SEC-10 @behaviour:upstream
  Scenario: A status object that names any folder with the right ending brings what lies there
    Given the driver may write Secrets
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    And somebody deletes the Secret "creds"
    When a status object of this pod names a volume outside of kubelet's folder, which holds "stolen"
    And the driver is killed and leaves its socket behind
    And the driver is started again
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | stolen |

  @SEC-10h @behaviour:hardened
  Scenario: A status object that names a folder outside of kubelet's brings nothing
    Given the driver may write Secrets
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    When a status object of this pod names a volume outside of kubelet's folder, which holds "stolen"
    And the driver is killed and leaves its socket behind
    And somebody deletes the Secret "creds"
    And the driver is started again
    Then the Secret "creds" never holds "stolen"

  @SEC-09 @behaviour:upstream
  Scenario: A mode beyond 0777 gives bits that nobody should have
    Given a provider that returns the file "password" with the raw mode -1
    When kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 7777 |

  @SEC-09h @behaviour:hardened
  Scenario: Of a mode only what files of a volume may have counts
    Given a provider that returns the file "password" with the raw mode -1
    When kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 0777 |

  @SEC-11h @behaviour:hardened
  Scenario: A link that somebody planted under a file's name is replaced, and not followed
    Given a provider that plants the link "password" to a folder of the host, and returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"
    And every name at the top of the volume is a link through "..data"

  @SEC-12
  Scenario: A provider that takes the call and never answers
    Given a provider that never answers
    When kubelet publishes the volume with a deadline of 5 seconds
    Then the publish fails with "DeadlineExceeded"

  @SEC-12a
  Scenario: What a publish without an answer has mounted goes when kubelet gives it up
    Given a provider that never answers
    When kubelet publishes the volume with a deadline of 5 seconds
    And 1 minutes pass
    Then the provider was called once
    And the target path is not a mount
