@profile:PROVIDER-GCP @core @must
Feature: What the GCP provider takes for a request, and what it refuses
  Docs: https://github.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s" in two versions
    And the class asks Google for
      """
      - resourceName: projects/p/secrets/s/versions/latest
        fileName: f
      """

  @G01 @behaviour:upstream
  Scenario: It names itself, and no version of its own
    When the driver asks Google's provider for its version
    Then Google's provider names itself "secrets-store-csi-driver-provider-gcp" and its version ""

  @G02
  Scenario Outline: The permission "<permission>" is no decimal number of 32 bits
    Given the driver of the Google volume sends the permission "<permission>"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "Unable to parse permissions: <permission>"
    And Google was not asked for anything

    Examples:
      | permission |
      | 0o644      |
      | -1         |
      | 4294967296 |
      | 0x1A4      |

  @G02b
  Scenario: An empty permission is none either
    Given the driver of the Google volume sends the permission ""
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument"

  @G03
  Scenario Outline: Attributes that are <what>
    Given the driver of the Google volume sends the attributes "<attributes>"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "failed to unmarshal attributes: <why>"

    Examples:
      | what           | attributes | why                                                           |
      | empty          |            | unexpected end of JSON input                                  |
      | not all text   | {'a':1}    | json: cannot unmarshal number into Go value of type string    |
      | no JSON object | []         | json: cannot unmarshal array into Go value of type map[string]string |

  @G04
  Scenario: A class without secrets
    Given the class of Google names no "secrets"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "missing required 'secrets' attribute"

  @G05
  Scenario: An empty list is a volume without files, and the pod's identity is proven all the same
    Given the class asks Google for ""
    When the Google volume is mounted
    Then the Google volume is empty but mounted
    And Google was asked for
      | POST /v1/identitybindingtoken |

  @G06
  Scenario Outline: Secrets that are <what>
    Given the class asks Google for "<secrets>"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "failed to unmarshal secrets attribute: yaml:"
    And Google was not asked for anything

    Examples:
      | what          | secrets                        |
      | a word        | foo                            |
      | a mapping     | a: b                           |
      | no YAML       | - [                            |
      | a double key  | - {fileName: a, fileName: b}   |

  @G07
  Scenario Outline: The mode <mode> is no number of 32 bits
    Given the class asks Google for "- {resourceName: projects/p/secrets/s/versions/1, fileName: f, mode: <mode>}"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "failed to unmarshal secrets attribute: yaml:" and "into int32"

    Examples:
      | mode       |
      | '0644'     |
      | 4294967296 |
      | rw         |

  @G08
  Scenario: An unknown way to authenticate
    Given the class asks Google with "auth" as "foo"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "unknown auth configuration: \"foo\""

  @G09
  Scenario: A key in the pod's Secret counts for nothing unless the provider may use it
    Given the pod's Secret for Google holds the key.json "{}"
    When the Google volume is mounted
    Then the Google volume holds
      | file | mode | value |
      | f    | 644  | {s}   |
    And Google was read by "the pod"

  @G10
  Scenario Outline: A key in the pod's Secret and "<auth>" at once
    Given the Google provider runs with "ALLOW_NODE_PUBLISH_SECRET" as "true"
    And the pod's Secret for Google holds the key.json "{}"
    And the class asks Google with "auth" as "<auth>"
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "attempting to set both nodePublishSecretRef and <auth> auth"

    Examples:
      | auth         |
      | pod-adc      |
      | provider-adc |

  @G11
  Scenario: Where keys may be used, the pod's Secret must be readable
    Given the Google provider runs with "ALLOW_NODE_PUBLISH_SECRET" as "true"
    And the driver of the Google volume sends the secrets ""
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "failed to unmarshal secrets:"

  @G51 @behaviour:upstream
  Scenario: A permission that no file can have is refused after the fetch
    Given the driver of the Google volume sends the permission "4294967295"
    When the Google volume is mounted
    Then the Google mount is refused with "Unknown", saying
      """
      invalid file permission 4294967295
      """
    And Google was asked 1 time for "AccessSecretVersion"

  @G51b @behaviour:hardened
  Scenario: A permission that no file can have is refused before anything is fetched
    Given the driver of the Google volume sends the permission "4294967295"
    When the Google volume is mounted
    Then the Google mount is refused with "Unknown", naming "invalid file permission 4294967295"
    And Google was not asked for anything

  @G52
  Scenario: The target path is the driver's business
    Given the driver of the Google volume sends no target path
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
