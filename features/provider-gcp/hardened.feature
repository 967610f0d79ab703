@profile:PROVIDER-GCP @core @must @behaviour:hardened
Feature: Where the real GCP provider dies, mixes things up or keeps silent, the hardened one does not
  Docs: https://github.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp/issues

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s" in two versions
    And the class asks Google for
      """
      - resourceName: projects/p/secrets/s/versions/latest
        fileName: f
      """

  @GH-01
  Scenario: A null entry is refused, and the provider lives on
    Given the class asks Google for "- "
    When the Google volume is mounted
    Then the Google mount is refused with "InvalidArgument", naming "an entry is null"
    When the class asks Google for "- {resourceName: projects/p/secrets/s/versions/2, fileName: f}"
    And the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |

  @GH-02
  Scenario: A payload that does not match its checksum is not mounted
    Given the payload of "s" is damaged on its way from Google
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/s/versions/latest f }" and "does not match its checksum"

  @GH-03
  Scenario: Two keys of one secret under one name stay two
    Given Secret Manager holds "j" saying "{\"a\": \"1\", \"b\": \"2\"}"
    And the class asks Google for
      """
      - {resourceName: projects/p/secrets/j/versions/1, fileName: f, extractJSONKey: a}
      - {resourceName: projects/p/secrets/j/versions/1, fileName: f, extractJSONKey: b}
      """
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | 1     |
      | f    | 2     |

  @GH-04 @needs:virtual-time
  Scenario: Thirty secrets are fetched eight at a time
    Given Secret Manager takes 1 second
    And the class asks Google for "s" under 30 names
    When the Google volume is mounted
    Then Google was asked 30 times for "AccessSecretVersion"
    And the Google mount took 4 seconds

  @GH-05
  Scenario: No secret shows in what is said of a document that cannot be read
    Given Secret Manager holds "broken"
    And the class asks Google for "- {resourceName: projects/p/secrets/broken/versions/1, fileName: f, extractYAMLKey: user}"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "{projects/p/secrets/broken/versions/1 f }: failed to unmarshal YAML"

  @GH-06
  Scenario: The pod's tokens may come in the request's secrets, as Kubernetes 1.36 sends them
    Given the driver brings no token for Google
    And the driver sends the pod's token for Google in the secrets
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And the API server was asked by Google's provider for
      | GET /api/v1/namespaces/shop/serviceaccounts/app |
