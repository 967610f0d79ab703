@profile:PROVIDER-GCP @core @must
Feature: A secret that cannot be had is named, and nothing is mounted
  Docs: https://cloud.google.com/secret-manager/docs/reference/rpc

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s" in two versions
    And the class asks Google for
      """
      - resourceName: projects/p/secrets/s/versions/latest
        fileName: f
      """

  @G39
  Scenario: A secret that is not there
    Given Secret Manager holds no "s"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/s/versions/latest f }: rpc error: code = NotFound desc = Secret [projects/1234/secrets/s] not found"
    And the Google refusal's details hold the codes "5"

  @G40
  Scenario: One bad of two fails the volume
    Given the class asks Google for
      """
      - {resourceName: projects/p/secrets/s/versions/2, fileName: f}
      - {resourceName: projects/p/secrets/bad/versions/1, path: d/b}
      """
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/bad/versions/1  d/b}: rpc error: code = PermissionDenied"

  @G41 @behaviour:upstream
  Scenario: Two bad ones are both told of
    Given the class asks Google for
      """
      - {resourceName: projects/p/secrets/bad/versions/1, fileName: a}
      - {resourceName: projects/p/secrets/worse/versions/1, fileName: b}
      """
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/bad/versions/1 a }: rpc" and ",{projects/p/secrets/" and "{projects/p/secrets/worse/versions/1 b }: rpc"
    And the Google refusal's details hold the codes "7 7"

  @G41b @behaviour:hardened
  Scenario: Of two bad ones the first of the class is told of
    Given the class asks Google for
      """
      - {resourceName: projects/p/secrets/bad/versions/1, fileName: a}
      - {resourceName: projects/p/secrets/worse/versions/1, fileName: b}
      """
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/bad/versions/1 a }: rpc"
    And the Google refusal's details hold the codes "7"

  @G42
  Scenario: A name that is no version
    Given the class asks Google for "- {resourceName: projects/p/secrets/s, fileName: f}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/s f }: unknown resource type"
    And Google was not asked for a secret

  @G43
  Scenario Outline: A location that is too long, of a <kind>
    Given the class asks Google for "- {resourceName: projects/p/locations/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/<kind>s/s/versions/1, fileName: f}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "rpc error: code = InvalidArgument desc = Invalid location: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<more>"
    And Google was not asked for a secret

    Examples:
      | kind      | more                           |
      | secret    | , location length exceeds limit |
      | parameter |                                |

  @G45
  Scenario Outline: A JSON key of <what>
    Given Secret Manager holds "j" saying "<document>"
    And the class asks Google for "- {resourceName: projects/p/secrets/j/versions/1, fileName: f, extractJSONKey: user}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/j/versions/1 f }: <why>"

    Examples:
      | what             | document         | why                                                                       |
      | a document without it | {}               | key 'user' not found in JSON                                              |
      | a number         | {\"user\": 1}    | unsupported value type for key 'user'                                     |
      | a list           | []               | failed to unmarshal JSON: json: cannot unmarshal array                    |
      | no document      | plain            | failed to unmarshal JSON: invalid character 'p' looking for beginning of value |

  @G47 @behaviour:upstream
  Scenario: Both keys at once: the real provider's words for a secret slip
    Given the class asks Google for "- {resourceName: projects/p/secrets/s/versions/2, fileName: f, extractJSONKey: a, extractYAMLKey: b}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "%!(EXTRA string=both ExtractJSONKey and ExtractYAMLKey can't be simultaneously non empty strings)"

  @G47b
  Scenario Outline: Both keys at once, of a <kind>
    Given Parameter Manager holds "projects/p/locations/global/parameters/q/versions/v1" saying "{}"
    And the class asks Google for "- {resourceName: <name>, fileName: f, extractJSONKey: a, extractYAMLKey: b}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "both ExtractJSONKey and ExtractYAMLKey can't be simultaneously non empty strings"

    Examples:
      | kind      | name                                                 |
      | secret    | projects/p/secrets/s/versions/2                      |
      | parameter | projects/p/locations/global/parameters/q/versions/v1 |

  @G48 @needs:virtual-time
  Scenario: A store that is unavailable once is asked again
    Given Secret Manager answers 503 once saying "come back"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was asked 2 times for "AccessSecretVersion"

  @G49 @needs:virtual-time
  Scenario: A quota used up for a moment: Secret Manager is asked again
    Given Secret Manager answers 429 once saying "quota"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was asked 2 times for "AccessSecretVersion"

  @G49b
  Scenario: A quota used up: Parameter Manager is not asked again
    Given Parameter Manager holds "projects/p/locations/global/parameters/q/versions/v1" saying "{}"
    And Parameter Manager answers 429 once saying "quota"
    And the class asks Google for "- {resourceName: projects/p/locations/global/parameters/q/versions/v1, fileName: f}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "rpc error: code = ResourceExhausted desc = quota"
    And Google was asked 1 time for "RenderParameterVersion"
