@profile:DRIVER-SYNC @core @must
Feature: Secrets made of what is mounted
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And the driver may write Secrets

  @SYN-01
  Scenario Outline: A Secret of the type <type>
    Given a provider that returns the file "password" holding '<content>'
    And the SecretProviderClass asks for the Secret "creds" of the type "<type>" with the key "<key>" from "password"
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "<type>" with:
      | <key> | <content> |
    And the Secret "creds" is marked as the driver's

    Examples:
      | type                           | key               | content      |
      | Opaque                         | db-password       | first        |
      | kubernetes.io/basic-auth       | username          | first        |
      | kubernetes.io/ssh-auth         | ssh-privatekey    | first        |
      | kubernetes.io/dockerconfigjson | .dockerconfigjson | {"auths":{}} |
      | kubernetes.io/dockercfg        | .dockercfg        | {}           |
      | bootstrap.kubernetes.io/token  | token-id          | abcdef       |
      | example.com/own                | x                 | first        |

  @SYN-02
  Scenario: Labels and annotations are copied, but for the mark of the driver
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" with the label "secrets-store.csi.k8s.io/managed=false" and the annotation "note=n1"
    When kubelet publishes the volume
    Then the Secret "creds" is marked as the driver's
    And the Secret "creds" has the annotation "note=n1"

  @SYN-04
  Scenario: The Secret of a bare pod belongs to its status object
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the Secret "creds" belongs to "SecretProviderClassPodStatus web-shop-app-secrets"

  @SYN-06
  Scenario: A file that is not there
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "absent"
    When kubelet publishes the volume
    Then the pod is told that a Secret failed: "file matching objectName absent not found in the pod"
    And there is no Secret "creds"

  @SYN-07
  Scenario: One Secret that cannot be made does not keep the next from being made
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "broken" of the type "Opaque" with the key "k" from "absent"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | first |

  @SYN-08 @behaviour:upstream
  Scenario: Without a type no Secret is made, and nobody is told
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" with:
      | objectName | key | type |
      | password   | k   |      |
    When kubelet publishes the volume
    Then there is no Secret "creds"
    And the volume holds the file "password" with "first"
    And the pod is not told that a Secret failed

  @SYN-08h @behaviour:hardened
  Scenario: Without a type a Secret is Opaque
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" with:
      | objectName | key | type |
      | password   | k   |      |
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | first |

  @SYN-09
  Scenario: Of two entries with one key the later counts
    Given a provider that returns the files:
      | path | content |
      | a    | A       |
      | b    | B       |
    And the SecretProviderClass asks for the Secret "creds" with:
      | objectName | key | type   |
      | a          | k   | Opaque |
      | b          | k   | Opaque |
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | B |

  @SYN-10
  Scenario: Spaces around names are nobody's
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "  creds " of the type "Opaque" with the key " k " from " password "
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | first |

  @SYN-11
  Scenario: An object in a folder of the volume
    Given a provider that returns the file "d/e/password" holding "deep"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "d/e/password"
    When kubelet publishes the volume
    Then there is a Secret "creds" of the type "Opaque" with:
      | k | deep |

  @SYN-17 @needs:slow
  Scenario: A Secret that somebody deletes comes back while its pod runs
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    When somebody deletes the Secret "creds"
    Then there is a Secret "creds" within 6 minutes

  @SYN-20
  Scenario: Without the right to write Secrets the volume is mounted all the same, and the pod is told
    Given a provider that returns the file "password" holding "first"
    And the driver may not write Secrets after all
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    When kubelet publishes the volume
    Then the publish succeeds
    And the pod is told that a Secret failed: ""
    And there is no Secret "creds"
    And the volume holds the file "password" with "first"

  @SYN-21
  Scenario Outline: A pod that <state> gets no Secret any more
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And the pod <state>
    When kubelet publishes the volume
    Then there is no Secret "creds"
    And the volume holds the file "password" with "first"

    Examples:
      | state            |
      | has Succeeded    |
      | has Failed       |
      | is being deleted |

  @SYN-22
  Scenario: A status object of another node sets nothing off
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a status object of another node for this pod
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "elsewhere"
    Then there is no Secret "creds"
    And the volume holds the file "password" with "first"

  @SYN-23
  Scenario: A status object with the path of another pod's volume brings nothing of that
    Given a provider that returns the file "password" holding "first"
    And the SecretProviderClass asks for the Secret "creds" of the type "Opaque" with the key "k" from "password"
    And kubelet has published the volume
    And there is a Secret "creds" within 1 minutes
    When a status object of this pod names the volume of another pod, which holds "stolen"
    And somebody deletes the Secret "creds"
    And the driver is killed and leaves its socket behind
    And the driver is started again
    Then the Secret "creds" never holds "stolen"
