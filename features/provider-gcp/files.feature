@profile:PROVIDER-GCP @core @must
Feature: What a pod finds of its secrets and parameters at Google
  Docs: https://cloud.google.com/secret-manager/docs/secret-manager-managed-csi-component
  Docs: https://cloud.google.com/secret-manager/parameter-manager/docs/overview

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s" in two versions
    And the class asks Google for
      """
      - resourceName: projects/p/secrets/s/versions/latest
        fileName: f
      """

  @G31
  Scenario: The newest version, under the name it has
    When the Google volume is mounted
    Then the Google volume holds
      | file | mode | value |
      | f    | 644  | {s}   |
    And the versions of the Google volume are
      | object                                | version                           |
      | projects/p/secrets/s/versions/latest | projects/1234/secrets/s/versions/2 |

  @G31b
  Scenario: A pinned version stays what it is
    Given the class asks Google for "- {resourceName: projects/p/secrets/s/versions/1, fileName: f}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s 1} |
    And the versions of the Google volume are
      | object                          | version                            |
      | projects/p/secrets/s/versions/1 | projects/1234/secrets/s/versions/1 |

  @G32
  Scenario: The path wins over the file name
    Given the class asks Google for "- {resourceName: projects/p/secrets/s/versions/2, fileName: f, path: dir/x}"
    When the Google volume is mounted
    Then the Google volume holds
      | file  | value |
      | dir/x | {s}   |

  @G33
  Scenario Outline: The mode <mode> is <octal>
    Given the class asks Google for "- {resourceName: projects/p/secrets/s/versions/2, fileName: f, mode: <mode>}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | mode    | value |
      | f    | <octal> | {s}   |

    Examples:
      | mode  | octal |
      | 0600  | 600   |
      | 0o640 | 640   |
      | 256   | 400   |
      | 0     | 0     |
      | 420.7 | 644   |

  @G34 @needs:virtual-time
  Scenario: Several are fetched at the same time and come in the order of the class
    Given Secret Manager holds "a"
    And Secret Manager holds "b"
    And Secret Manager takes 1 second
    And the class asks Google for
      """
      - {resourceName: projects/p/secrets/s/versions/2, fileName: s}
      - {resourceName: projects/p/secrets/a/versions/1, fileName: a}
      - {resourceName: projects/p/secrets/b/versions/1, fileName: b}
      """
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | s    | {s}   |
      | a    | {a}   |
      | b    | {b}   |
    And the versions of the Google volume are
      | object                          | version                            |
      | projects/p/secrets/s/versions/2 | projects/1234/secrets/s/versions/2 |
      | projects/p/secrets/a/versions/1 | projects/1234/secrets/a/versions/1 |
      | projects/p/secrets/b/versions/1 | projects/1234/secrets/b/versions/1 |
    And the Google mount took 1 second

  @G35
  Scenario: The same secret under two names is read twice
    Given the class asks Google for
      """
      - {resourceName: projects/p/secrets/s/versions/latest, fileName: f}
      - {resourceName: projects/p/secrets/s/versions/latest, fileName: g}
      """
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
      | g    | {s}   |
    And Google was asked 2 times for "AccessSecretVersion"

  @G36
  Scenario: A secret of a region is read there
    Given Secret Manager holds "projects/p/locations/us-central1/secrets/r"
    And the class asks Google for "- {resourceName: projects/p/locations/us-central1/secrets/r/versions/1, fileName: f}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value                                       |
      | f    | {projects/p/locations/us-central1/secrets/r} |
    And Google was asked for
      | POST /v1/identitybindingtoken                                                             |
      | AccessSecretVersion projects/p/locations/us-central1/secrets/r/versions/1 in us-central1 |

  @G37
  Scenario Outline: A parameter of <location> comes with its secrets put in
    Given Parameter Manager holds "projects/p/locations/<location>/parameters/q/versions/v1" with the password of "s"
    And the class asks Google for "- {resourceName: projects/p/locations/<location>/parameters/q/versions/v1, fileName: f}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value              |
      | f    | {"password":"{s}"} |
    And Google was asked 1 time for "RenderParameterVersion projects/p/locations/<location>/parameters/q/versions/v1"

    Examples:
      | location    |
      | global      |
      | us-central1 |

  @G38
  Scenario: A parameter's version is the name that Google gives it
    Given Parameter Manager holds "projects/p/locations/global/parameters/q/versions/v1" saying "{}"
    And the class asks Google for "- {resourceName: projects/p/locations/global/parameters/q/versions/v1, fileName: f}"
    When the Google volume is mounted
    Then the versions of the Google volume are
      | object                                               | version                                                 |
      | projects/p/locations/global/parameters/q/versions/v1 | projects/1234/locations/global/parameters/q/versions/v1 |

  @G44
  Scenario: One key of a JSON document
    Given Secret Manager holds "j" saying "{\"user\": \"bob\", \"age\": 7}"
    And the class asks Google for "- {resourceName: projects/p/secrets/j/versions/1, fileName: f, extractJSONKey: user}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | bob   |

  @G46
  Scenario Outline: One key of a YAML document, <what>
    Given Secret Manager holds "y" saying "<document>"
    And the class asks Google for "- {resourceName: projects/p/secrets/y/versions/1, fileName: f, extractYAMLKey: user}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value   |
      | f    | <value> |

    Examples:
      | what         | document           | value |
      | plain        | user: bob          | bob   |
      | a number in quotes | user: \"1\"        | 1     |
      | a word that looks like a boolean | user: yes          | yes   |

  @G46b
  Scenario: A YAML number is no text
    Given Secret Manager holds "y" saying "user: 1"
    And the class asks Google for "- {resourceName: projects/p/secrets/y/versions/1, fileName: f, extractYAMLKey: user}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/y/versions/1" and "unsupported value type for key 'user'"

  @G50
  Scenario: What the driver holds already is fetched all the same
    Given the driver of the Google volume holds "projects/p/secrets/s/versions/latest" in version "projects/1234/secrets/s/versions/2"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was asked 1 time for "AccessSecretVersion"

  @GF-01
  Scenario: Bytes that are no text, and no bytes at all
    Given Secret Manager holds "bin" with the bytes "00ff80fe0a"
    And Secret Manager holds "none" with the bytes ""
    And the class asks Google for
      """
      - {resourceName: projects/p/secrets/bin/versions/1, fileName: bin}
      - {resourceName: projects/p/secrets/none/versions/1, fileName: none}
      """
    When the Google volume is mounted
    Then the Google volume holds
      | file | value          |
      | bin  | hex:00ff80fe0a |
      | none | hex:           |
