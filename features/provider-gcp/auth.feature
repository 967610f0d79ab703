@profile:PROVIDER-GCP @core @must @behaviour:hardened
Feature: A pod that may not have its secrets at Google is told why, and gets them once it may
  Each failure names whom or what it is about and the cause, leaves the volume empty, and ends without a restart.
  Docs: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
  Docs: https://cloud.google.com/secret-manager/docs/access-control

  Background:
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "db-password"
    And Secret Manager holds "api-key"
    And the class asks Google for
      """
      - {resourceName: projects/p/secrets/db-password/versions/latest, fileName: db-password}
      - {resourceName: projects/p/secrets/api-key/versions/latest, fileName: api-key}
      """

  @GAUTH-01
  Scenario: The driver's tokens hold none for Google
    Given the driver brings the pod's token for Google under "vault"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "no token has audience value of idPool"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-02
  Scenario: The token has expired
    Given the pod's token for Google expired an hour ago
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "is stale to sign-in"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-03 @needs:virtual-time
  Scenario: The token is not valid yet, until its time comes
    Given the pod's token for Google is valid in an hour
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "is not valid before"
    When 61 minutes go by for the Google volume
    Then the Google volume is mounted with both secrets

  @GAUTH-04
  Scenario: The token is meant for somebody else
    Given the pod's token for Google is meant for "vault"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "The audience in ID Token [vault] does not match the expected audience p.svc.id.goog"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-05
  Scenario: The token comes from an issuer that is not the cluster's
    Given the pod's token for Google comes from the issuer "https://elsewhere.test"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "The issuer in ID Token https://elsewhere.test does not match"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-06
  Scenario: The same ServiceAccount in another namespace is somebody else
    Given the pod's token for Google is "staging:app"'s
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "Permission 'secretmanager.versions.access' denied"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-07
  Scenario: Another ServiceAccount of the namespace is somebody else
    Given the pod's token for Google is "shop:other"'s
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "Permission 'secretmanager.versions.access' denied"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-08
  Scenario: The token's signature is forged
    Given the pod's token for Google is forged
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "Unable to verify the ID Token signature"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-09
  Scenario: The cluster's new signing key is met, and the old one stays good
    When the Google volume is mounted
    And the pod's token for Google is signed with today's key
    And the cluster of Google's pod signs with a new key
    Then the Google volume is mounted with both secrets
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-10
  Scenario: A token of a key that the cluster has withdrawn is refused
    Given the pod's token for Google is signed with today's key
    And the cluster of Google's pod signs with a new key and has withdrawn the old one
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "Unable to verify the ID Token signature"
    When the pod's token for Google is its own
    Then the Google volume is mounted with both secrets

  @GAUTH-11
  Scenario: Google knows no such cluster in the pool
    Given Google does not know the cluster
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "invalid_target" and "the pool or provider is disabled or deleted"
    When Google knows the cluster
    Then the Google volume is mounted with both secrets

  @GAUTH-12
  Scenario: The Google service account may not be borrowed
    Given the pod's ServiceAccount names the Google service account "gsa@p.iam.gserviceaccount.com"
    And Secret Manager lets "gsa@p.iam.gserviceaccount.com" read "db-password"
    And Secret Manager lets "gsa@p.iam.gserviceaccount.com" read "api-key"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "Permission 'iam.serviceAccounts.getAccessToken' denied"
    When the Google service account "gsa@p.iam.gserviceaccount.com" may be borrowed by the pod
    Then the Google volume is mounted with both secrets

  @GAUTH-13
  Scenario: One of the secrets may not be read: neither is mounted
    Given Secret Manager lets nobody read "api-key"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/api-key/versions/latest" and "Permission 'secretmanager.versions.access' denied"
    When Secret Manager lets the pod read "api-key"
    Then the Google volume is mounted with both secrets

  @GAUTH-14
  Scenario: A condition of the policy turns the pod away
    Given Secret Manager lets the pod read "api-key" while "request.time < timestamp('2001-01-01T00:00:00Z')"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/api-key/versions/latest" and "Permission 'secretmanager.versions.access' denied"
    When Secret Manager lets the pod read "api-key" while "resource.name.startsWith('projects/1234/secrets/api-key/')"
    Then the Google volume is mounted with both secrets

  @GAUTH-15
  Scenario Outline: The newest version is <state>
    Given the newest version of "api-key" at Google is <state>
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/api-key/versions/latest" and "is in <shown> state"
    When Secret Manager holds "api-key"
    Then the Google volume is mounted with both secrets

    Examples:
      | state     | shown     |
      | disabled  | DISABLED  |
      | destroyed | DESTROYED |

  @GAUTH-16
  Scenario: One of the secrets is deleted
    Given Secret Manager holds no "api-key"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/api-key/versions/latest" and "NotFound"
    When Secret Manager holds "api-key"
    Then the Google volume is mounted with both secrets

  @GAUTH-17 @needs:virtual-time
  Scenario: Secret Manager's quota is used up
    Given Secret Manager answers 429 saying "Quota exceeded for quota metric 'Access requests'"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "ResourceExhausted desc = Quota exceeded"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

  @GAUTH-18 @needs:virtual-time
  Scenario: Secret Manager does not answer in time
    Given Secret Manager does not answer
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "DeadlineExceeded"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

  @GAUTH-19 @needs:virtual-time
  Scenario Outline: Secret Manager answers <status>
    Given Secret Manager answers <status> saying "out of order"
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "<code> desc = out of order"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

    Examples:
      | status | code        |
      | 500    | Internal    |
      | 503    | Unavailable |

  @GAUTH-20 @needs:virtual-time
  Scenario: Secret Manager cuts the connection
    Given Secret Manager cuts the connection
    When the Google volume is mounted
    Then the Google mount is refused with "Internal", naming "projects/p/secrets/db-password/versions/latest" and "Unavailable desc = error reading from server: EOF"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

  @GAUTH-21
  Scenario: Google is down
    Given Google is down
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "securetoken.googleapis.com" and "connection refused"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

  @GAUTH-22
  Scenario: Google's names bear a certificate of an unknown authority
    Given Google shows a certificate of an unknown authority
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "x509: certificate signed by unknown authority"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

  @GAUTH-23
  Scenario Outline: The exchange answers <status>
    Given Google's token exchange answers <status> saying "no"
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "status: <status>"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets

    Examples:
      | status |
      | 429    |
      | 500    |
      | 503    |

  @GAUTH-24 @needs:virtual-time
  Scenario: The exchange does not answer in time
    Given Google's token exchange does not answer
    When the Google volume is mounted
    Then the Google mount is refused with "PermissionDenied", naming "shop/app" and "securetoken.googleapis.com" and "deadline exceeded"
    When Google answers as usual again
    Then the Google volume is mounted with both secrets
