@profile:DRIVER-ROTATION @core @must
Feature: A volume follows its store while kubelet republishes
  Since v1.6 kubelet's republish is what rotates: the driver decides whether it is time, asks the provider again and
  brings content, status and Secret to what came back.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/secret-auto-rotation

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @ROT-01
  Scenario: Without the flag a republish asks nobody
    Given a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the provider was called once

  @ROT-02 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A republish before the interval asks nobody
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 1 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the provider was called once

  @ROT-02a @behaviour:hardened @behaviour:upstream-1.6
  Scenario: An idle republish costs the API server nothing
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 1 minutes pass
    And kubelet publishes the volume
    Then the API server was not asked for anything meanwhile

  @ROT-03 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: After the interval a new value reaches the volume
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "second"

  @ROT-03a @behaviour:hardened @behaviour:upstream-1.6
  Scenario: After the interval the status object tells the new version
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the status object lists, in this order:
      | id | version |
      | a  | second  |

  @ROT-04 @behaviour:upstream-1.6
  Scenario: Upstream asks at every republish once the first interval is over
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    And kubelet publishes the volume
    And 1 minutes pass
    And kubelet publishes the volume
    Then the provider was called 3 times

  @ROT-04a @behaviour:hardened
  Scenario: An unchanged value is asked for once an interval
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    And kubelet publishes the volume
    And 1 minutes pass
    And kubelet publishes the volume
    Then the provider was called 2 times

  @ROT-04h @behaviour:hardened
  Scenario: A rotation that changes nothing writes nothing
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    And kubelet publishes the volume
    Then nothing was written to the API server by the last publish

  @ROT-05 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A failed rotation is no failure of the republish, and the volume keeps what it has
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @ROT-05a @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A failed rotation is counted
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the metric "rotation_reconcile_error_total" with "GRPCProviderError" counts 1

  @ROT-05h @behaviour:hardened
  Scenario: A failed rotation is told to the pod
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the pod has a Warning event "MountRotationFailed" that says "the store is down"

  @ROT-05i @behaviour:hardened
  Scenario: A rotation that fails again is told by the same event, counted
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" with "the store is down"
    And 3 minutes pass
    And kubelet publishes the volume
    When 3 minutes pass
    And kubelet publishes the volume
    Then the pod's event "MountRotationFailed" counts 2

  @ROT-06 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: The next republish after a failed rotation catches up
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Internal" 1 times before it returns the file "password"
    And 3 minutes pass
    And kubelet publishes the volume
    When kubelet publishes the volume
    Then the provider was called 3 times

  @ROT-07 @behaviour:upstream-1.6
  Scenario: Upstream fails the republish when the SecretProviderClass is gone, and keeps the mount
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the SecretProviderClass is deleted
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the volume holds the file "password" with "first"

  @ROT-07h @behaviour:hardened
  Scenario: A SecretProviderClass that is gone does not fail a republish
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the SecretProviderClass is deleted
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the volume holds the file "password" with "first"

  @ROT-08 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A new value reaches the synced Secret
    Given the driver rotates every 2 minutes
    And the rotated volume is synced to the Secret "db" with the key "pw" from "password"
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    And 1 minutes pass
    Then the rotated Secret "db" holds "pw" with "second"

  @ROT-09 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A class that gains an object and loses another is followed
    Given the driver rotates every 2 minutes
    And a provider that returns a file for each object that the SecretProviderClass names
    And the SecretProviderClass names the objects "a,b"
    And kubelet has published the volume
    And the SecretProviderClass names the objects "b,c"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds exactly the files:
      | path | content |
      | b    | of b    |
      | c    | of c    |

  @ROT-09a @behaviour:hardened @behaviour:upstream-1.6
  Scenario: The status object follows a class that gains an object and loses another
    Given the driver rotates every 2 minutes
    And a provider that returns a file for each object that the SecretProviderClass names
    And the SecretProviderClass names the objects "a,b"
    And kubelet has published the volume
    And the SecretProviderClass names the objects "b,c"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the status object lists, in this order:
      | id | version |
      | b  | 1       |
      | c  | 1       |

  @ROT-10 @behaviour:upstream-1.6
  Scenario: Upstream's Secret waits up to five minutes when the version did not change
    Given the driver rotates every 2 minutes
    And the rotated volume is synced to the Secret "db" with the key "pw" from "password"
    And a provider that returns "password" holding "first" under the version "1"
    And kubelet has published the volume
    And 3 minutes pass
    And a provider that returns "password" holding "second" under the version "1"
    And kubelet publishes the volume
    When 1 minutes pass
    Then the rotated Secret "db" holds "pw" with "first"

  @ROT-10a @behaviour:upstream-1.6 @needs:slow
  Scenario: Upstream's Secret follows within five minutes when the version did not change
    Given the driver rotates every 2 minutes
    And the rotated volume is synced to the Secret "db" with the key "pw" from "password"
    And a provider that returns "password" holding "first" under the version "1"
    And kubelet has published the volume
    And 3 minutes pass
    And a provider that returns "password" holding "second" under the version "1"
    When kubelet publishes the volume
    Then within 6 minutes the rotated Secret "db" holds "pw" with "second"

  @ROT-10h @behaviour:hardened
  Scenario: The Secret follows the files though the version did not change
    Given the driver rotates every 2 minutes
    And the rotated volume is synced to the Secret "db" with the key "pw" from "password"
    And a provider that returns "password" holding "first" under the version "1"
    And kubelet has published the volume
    And 3 minutes pass
    And a provider that returns "password" holding "second" under the version "1"
    When kubelet publishes the volume
    Then the rotated Secret "db" holds "pw" with "second"

  @ROT-11 @behaviour:hardened @behaviour:upstream-1.6
  Scenario Outline: A rotation is counted in <metric>
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    And kubelet publishes the volume
    Then the metric "<metric>" with "<label>" counts 1

    Examples:
      | metric                                | label |
      | rotation_reconcile_total              | true  |
      | rotation_reconcile_duration_sec_count | linux |

  @ROT-12 @behaviour:upstream-1.6
  Scenario: Upstream takes a young folder that is no mount for a published volume
    Given the driver rotates every 10 minutes
    And a provider that answers "Unavailable" with "starting"
    And kubelet has tried to publish the volume
    And a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the publish succeeds
    And the target path is not a mount

  @ROT-12h @behaviour:hardened
  Scenario: A volume that was never published is published, however young its folder is
    Given the driver rotates every 2 minutes
    And a provider that answers "Unavailable" with "starting"
    And kubelet has tried to publish the volume
    And a provider that returns the file "password" holding "first"
    When kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @ROT-13 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A path that leads out of the volume changes nothing on a republish
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "good" holding "one" and a file at "../evil"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the volume holds exactly the files:
      | path     | content |
      | password | first   |

  @ROT-14 @behaviour:upstream-1.6
  Scenario: Upstream loses the volume's content to the path "."
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "." holding "x"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume is empty

  @ROT-14h @behaviour:hardened
  Scenario: The path "." leaves the volume as it is
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "." holding "x"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "first"

  @ROT-18h @behaviour:hardened
  Scenario: A store that asks for fewer calls is left alone for an interval
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Unknown" with "ThrottlingException: Rate exceeded"
    And 3 minutes pass
    And kubelet publishes the volume
    When 1 minutes pass
    And kubelet publishes the volume
    Then the provider was called 2 times

  @ROT-18i @behaviour:hardened
  Scenario: A store that asked for fewer calls is asked again when its rest is over
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "Unknown" with "ThrottlingException: Rate exceeded"
    And 3 minutes pass
    And kubelet publishes the volume
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "second"

  @ROT-19 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A status that could not be written is written by the next republish
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that returns the file "password" holding "second"
    And 3 minutes pass
    And the API server refuses writes of status objects
    And kubelet publishes the volume
    And the API server accepts writes of status objects again
    When 3 minutes pass
    And kubelet publishes the volume
    Then the status object lists, in this order:
      | id | version |
      | a  | second  |

  @ROT-20h @behaviour:hardened
  Scenario: With kubelets that keep the mount, a failed rotation can be kubelet's to know
    Given the driver rotates every 2 minutes and returns the errors of a republish
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And a provider that answers "PermissionDenied" with "not yours"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish fails with "PermissionDenied"
    And the volume holds the file "password" with "first"

  @ROT-21 @behaviour:hardened @behaviour:upstream-1.6
  Scenario: A rotation asks with the pod's newest token
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet sends the tokens "old" in the volume context
    And kubelet has published the volume
    And kubelet sends the tokens "new" in the volume context
    When 3 minutes pass
    And kubelet publishes the volume
    Then the provider's attributes hold the tokens "new"
