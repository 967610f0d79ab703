@profile:DRIVER-NODE @core @must
Feature: What the provider answers stands in the volume, exactly and at once
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/concepts

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"

  @MNT-02 @processes
  Scenario: Nested, binary, empty and large files arrive byte for byte
    Given a provider that returns the files:
      | path  | mode | content               |
      | a     | 0644 | 1 MiB of random bytes |
      | d/b   | 0644 | 300 random bytes      |
      | empty | 0644 |                       |
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds exactly the files:
      | path  | content               |
      | a     | 1 MiB of random bytes |
      | d/b   | 300 random bytes      |
      | empty |                       |
    And every name at the top of the volume is a link through "..data"

  @MNT-03
  Scenario: Modes are applied as given
    Given a provider that returns the files:
      | path   | mode | content |
      | owner  | 0400 | one     |
      | plain  | 0644 | two     |
      | script | 0755 | three   |
    When kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path   | mode |
      | owner  | 0400 |
      | plain  | 0644 |
      | script | 0755 |

  @MNT-04 @behaviour:upstream
  Scenario: Upstream writes a file without a mode unreadable
    Given a provider that returns the files:
      | path     | mode | content |
      | password |      | one     |
    When kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 0000 |

  @MNT-04h @behaviour:hardened
  Scenario: A file without a mode gets the permission that was asked for
    Given a provider that returns the files:
      | path     | mode | content |
      | password |      | one     |
    When kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 0644 |

  @MNT-05
  Scenario Outline: One bad path (<what>) among good ones and nothing is written
    Given a provider that returns the file "good" holding "one" and a file at <what>
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the failure says "<text>"
    And the target path is not a mount
    And nothing was written outside the volume
    And the metric "node_publish_error_total" with "FileWriteError" counts 1

    Examples:
      | what                            | text                                                                  |
      | an empty path                   | invalid path: must not be empty                                       |
      | an absolute path                | invalid path: must be relative path                                   |
      | a path of 4097 bytes            | invalid path: must be less than or equal to 4096 characters           |
      | "a/../../b"                     | invalid path: must not contain '..'                                   |
      | ".."                            | invalid path: must not contain '..'                                   |
      | a name of 256 bytes             | invalid path: filenames must be less than or equal to 255 characters  |
      | "..data"                        | invalid path: must not start with '..'                                |
      | "./a"                           | invalid filepath: "./a"                                               |
      | "a//b"                          | invalid filepath: "a//b"                                              |
      | "a/"                            | invalid filepath: "a/"                                                |

  @MNT-05h @behaviour:hardened
  Scenario: The path "." is refused like any other bad one
    Given a provider that returns the file "good" holding "one" and a file at "."
    When kubelet publishes the volume
    Then the publish fails with "Unknown"
    And the target path is not a mount

  @MNT-06
  Scenario: Names that look odd and are legal are accepted
    Given a provider that returns the files:
      | path                | mode | content |
      | a/..x               | 0644 | one     |
      | .x                  | 0644 | two     |
      | a name of 255 bytes | 0644 | three   |
    When kubelet publishes the volume
    Then the publish succeeds
    And the volume holds exactly the files:
      | path                | content |
      | a/..x               | one     |
      | .x                  | two     |
      | a name of 255 bytes | three   |

  @MNT-07
  Scenario: A key that rotation drops is gone, the others stay
    Given the driver rotates every 2 minutes
    And a provider that returns the files:
      | path | mode | content |
      | a    | 0644 | one     |
      | b    | 0644 | two     |
      | d/x  | 0644 | three   |
    And kubelet has published the volume
    And a provider that returns the file "a" holding "one"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the volume holds exactly the files:
      | path | content |
      | a    | one     |

  @MNT-08
  Scenario: A reader in the middle of updates never sees half a file or a mix of versions
    Given the driver rotates every 1 minutes
    And a provider that returns two files of the same version, a new one at each call
    And kubelet has published the volume
    When kubelet republishes the volume 20 times while a reader reads it through "..data"
    Then the reader saw whole files of one version each time

  @MNT-09
  Scenario: Unchanged content is not written again
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    When 3 minutes pass
    And kubelet publishes the volume
    Then the publish succeeds
    And the provider was called 2 times
    And the volume was not touched by the second publish

  @MNT-10 @behaviour:upstream
  Scenario: Upstream does not apply a change of modes alone
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" with the mode 0644
    And kubelet has published the volume
    And a provider that returns the file "password" with the mode 0400
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 0644 |

  @MNT-10h @behaviour:hardened
  Scenario: A change of modes alone is applied
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" with the mode 0644
    And kubelet has published the volume
    And a provider that returns the file "password" with the mode 0400
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the files with the modes:
      | path     | mode |
      | password | 0400 |

  @MNT-11
  Scenario: A plain file in the way of a name is replaced
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the volume already holds a plain file "token"
    And a provider that returns the file "token" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "token" with "second"

  @MNT-12
  Scenario: A plain file that is in nobody's way is kept
    Given the driver rotates every 2 minutes
    And a provider that returns the file "password" holding "first"
    And kubelet has published the volume
    And the volume already holds a plain file "notes"
    And a provider that returns the file "password" holding "second"
    When 3 minutes pass
    And kubelet publishes the volume
    Then the volume holds the file "password" with "second"
    And the plain file "notes" is still there

  @MNT-13
  Scenario: Of two files with one path the last counts
    Given a provider that returns the files:
      | path     | mode | content |
      | password | 0644 | one     |
      | password | 0644 | two     |
    When kubelet publishes the volume
    Then the volume holds the file "password" with "two"
