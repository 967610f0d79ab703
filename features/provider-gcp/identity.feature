@profile:PROVIDER-GCP @core @must
Feature: Whose rights are used at Google
  The pod's ServiceAccount is who reads, by itself or as the Google service account that it may borrow.
  Docs: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity
  Docs: https://cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s" in two versions
    And the class asks Google for
      """
      - resourceName: projects/p/secrets/s/versions/latest
        fileName: f
      """

  @G12
  Scenario: A key in the pod's Secret stands for the service account it belongs to
    Given the Google provider runs with "ALLOW_NODE_PUBLISH_SECRET" as "true"
    And the pod's Secret for Google holds the key of a service account
    And Secret Manager lets "gsa@p.iam.gserviceaccount.com" read "s"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was asked for
      | POST /token                                              |
      | AccessSecretVersion projects/p/secrets/s/versions/latest |
    And Google was read by "serviceAccount:gsa@p.iam.gserviceaccount.com"
    And the API server was not asked by Google's provider

  @G13
  Scenario Outline: A key that is <what>
    Given the Google provider runs with "ALLOW_NODE_PUBLISH_SECRET" as "true"
    And the pod's Secret for Google holds the key.json "<key>"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to generate credentials from key.json: <why>"
    And Google was not asked for anything

    Examples:
      | what            | key            | why                                     |
      | of no type      | {}             | missing 'type' field in credentials     |
      | of no type known | {'type':'foo'} | unknown credential type: \"foo\"        |

  @G14
  Scenario: Without a token from the driver the provider has one made for the pod
    Given the driver brings no token for Google
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And the API server was asked by Google's provider for
      | GET /api/v1/namespaces/shop/serviceaccounts/app        |
      | POST /api/v1/namespaces/shop/serviceaccounts/app/token |
    And Google was read by "the pod"

  @G15
  Scenario: The pod's token is traded at Google for one of its own, then the secret is read
    When the Google volume is mounted
    Then Google was asked for
      | POST /v1/identitybindingtoken                            |
      | AccessSecretVersion projects/p/secrets/s/versions/latest |

  @G16
  Scenario Outline: The driver's token counts under <what>
    Given the driver brings the pod's token for Google under "<audience>"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And the API server was asked by Google's provider for
      | GET /api/v1/namespaces/shop/serviceaccounts/app |

    Examples:
      | what               | audience                                                                                                           |
      | the pool           | p.svc.id.goog                                                                                                      |
      | the whole audience | identitynamespace:p.svc.id.goog:https://container.googleapis.com/v1/projects/p/locations/l/clusters/c |

  @G17
  Scenario: The driver's tokens are for others
    Given the driver brings the pod's token for Google under "vault"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to fetch SA token from driver: no token has audience value of idPool"
    And Google was not asked for anything

  @G18
  Scenario: The driver's tokens cannot be read
    Given the driver brings the tokens "x" for Google
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to fetch SA token from driver: invalid character 'x'"

  @G19
  Scenario: The ServiceAccount is not there
    Given the pod's ServiceAccount at Google's provider is missing
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to fetch SA info: serviceaccounts \"app\" not found"
    And Google was not asked for anything

  @G20
  Scenario Outline: The exchange answers <status>, and is asked once
    Given Google's token exchange answers <status> saying "no"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "could not get idbindtoken token, status: <status>"
    And Google was asked for
      | POST /v1/identitybindingtoken |

    Examples:
      | status |
      | 403    |
      | 500    |

  @G21
  Scenario: Without an annotation the pod reads as itself
    When the Google volume is mounted
    Then Google was read by "the pod"
    And Google was asked 0 times for "GenerateAccessToken"

  @G22
  Scenario: With an annotation the pod reads as the Google service account it names
    Given the pod's ServiceAccount names the Google service account "gsa@p.iam.gserviceaccount.com"
    And the Google service account "gsa@p.iam.gserviceaccount.com" may be borrowed by the pod
    And Secret Manager lets "gsa@p.iam.gserviceaccount.com" read "s"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was read by "serviceAccount:gsa@p.iam.gserviceaccount.com"
    And Google was asked for
      | POST /v1/identitybindingtoken                                                         |
      | GenerateAccessToken projects/-/serviceAccounts/gsa@p.iam.gserviceaccount.com |
      | AccessSecretVersion projects/p/secrets/s/versions/latest                              |

  @G23
  Scenario: The way to it may lead through delegates
    Given the pod's ServiceAccount names the Google service account "gsa@p.iam.gserviceaccount.com" through "['d@p.iam.gserviceaccount.com']"
    And the Google service account "d@p.iam.gserviceaccount.com" lends itself to whom the pod may be
    And the Google service account "gsa@p.iam.gserviceaccount.com" may be borrowed by "d@p.iam.gserviceaccount.com"
    And Secret Manager lets "gsa@p.iam.gserviceaccount.com" read "s"
    When the Google volume is mounted
    Then Google was read by "serviceAccount:gsa@p.iam.gserviceaccount.com"

  @G23b
  Scenario: Delegates that cannot be read
    Given the pod's ServiceAccount names the Google service account "gsa@p.iam.gserviceaccount.com" through "x"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to parse delegates annotation on SA"

  @G24
  Scenario: The Google service account may not be borrowed
    Given the pod's ServiceAccount names the Google service account "gsa@p.iam.gserviceaccount.com"
    And the Google service account "gsa@p.iam.gserviceaccount.com" may be borrowed by nobody
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unable to fetch gcp service account token: rpc error: code = PermissionDenied" and "iam.serviceAccounts.getAccessToken"
    And Google was not asked for a secret

  @G25
  Scenario: What the provider is not told of its cluster the metadata server knows
    Given the Google provider is not told its cluster
    And Google's metadata server tells of the cluster
    When the Google volume is mounted
    Then Google was asked for
      | metadata project/project-id                              |
      | metadata instance/attributes/cluster-location            |
      | metadata instance/attributes/cluster-name                |
      | POST /v1/identitybindingtoken                            |
      | AccessSecretVersion projects/p/secrets/s/versions/latest |
    When the Google volume is mounted again
    Then Google was asked for
      | metadata instance/attributes/cluster-location            |
      | metadata instance/attributes/cluster-name                |
      | POST /v1/identitybindingtoken                            |
      | AccessSecretVersion projects/p/secrets/s/versions/latest |

  @G26 @behaviour:upstream @needs:virtual-time
  Scenario: Neither a metadata server nor a credentials file: the real provider tells of the file alone
    Given the Google provider is not told its cluster
    And Google's metadata server is not there
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", ending "unexpected end of JSON input"

  @G26b @behaviour:hardened @needs:virtual-time
  Scenario: Neither a metadata server nor a credentials file: both are named
    Given the Google provider is not told its cluster
    And Google's metadata server is not there
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "169.254.169.254" and "connection refused" and "GOOGLE_APPLICATION_CREDENTIALS"

  @G27
  Scenario: A credentials file may name the cluster's pool
    Given the Google provider is not told its cluster
    And the Google credentials file is of the type "external_account" for the cluster's pool
    And the driver brings no token for Google
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was read by "the pod"

  @G28
  Scenario: A credentials file may name a pool of somebody else's clusters
    Given the Google provider is not told its cluster
    And the Google credentials file is for a workload identity pool
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was read by "principal://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/x/subject/system:serviceaccount:shop:app"

  @G29
  Scenario: A credentials file of another type is of no use
    Given the Google provider is not told its cluster
    And the Google credentials file is of the type "authorized_user" for the cluster's pool
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "unexpected credentials type: authorized_user, expected: external_account"

  @G30
  Scenario: The provider may read with the rights of its own machine
    Given the class asks Google with "auth" as "provider-adc"
    And Google's metadata server gives tokens of "node@p.iam.gserviceaccount.com"
    And Secret Manager lets "node@p.iam.gserviceaccount.com" read "s"
    When the Google volume is mounted
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And Google was read by "serviceAccount:node@p.iam.gserviceaccount.com"
    And the API server was not asked by Google's provider
