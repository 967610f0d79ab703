@profile:PROVIDER-AWS @core @must @behaviour:hardened
Feature: A pod that may not have its secrets at AWS is told why, and gets them once it may
  Each failure names the object and the cause, leaves the volume empty, and ends without a restart of anything.
  Docs: https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
  Docs: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "db-password"
    And Secrets Manager in "us-west-2" holds "api-key"
    And the class asks AWS for
      """
      - {objectName: db-password, objectType: secretsmanager}
      - {objectName: api-key, objectType: secretsmanager}
      """

  @AAUTH-01
  Scenario: The driver brings no token for AWS
    Given the pod has no token for "sts.amazonaws.com"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "token for audience \"sts.amazonaws.com\" not found" and "tokenRequests"
    And the AWS volume is empty
    When the pod's token for AWS is its own
    Then the AWS volume is mounted with both secrets

  @AAUTH-02
  Scenario: The token has expired
    Given the pod's token for AWS expired an hour ago
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Token expired"
    And the AWS volume is empty
    When the pod's token for AWS is its own
    Then the AWS volume is mounted with both secrets

  @AAUTH-03 @needs:virtual-time
  Scenario: The token is not valid yet, until its time comes
    Given the pod's token for AWS is valid in an hour
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "not yet valid"
    And the AWS volume is empty
    When 61 minutes go by for the AWS volume
    Then the AWS volume is mounted with both secrets

  @AAUTH-04
  Scenario: The token is meant for somebody else
    Given the pod's token for AWS is meant for "vault"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Incorrect token audience"
    And the AWS volume is empty
    When the pod's token for AWS is its own
    Then the AWS volume is mounted with both secrets

  @AAUTH-05
  Scenario: The token comes from an issuer that AWS was not told of
    Given AWS does not know the cluster's issuer
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "No OpenIDConnect provider found in your account"
    And the AWS volume is empty
    When AWS knows the cluster's issuer
    Then the AWS volume is mounted with both secrets

  @AAUTH-06
  Scenario: The role is for another namespace
    Given the role "app" trusts the subject "system:serviceaccount:staging:app"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    And the AWS volume is empty
    When the role "app" trusts the pod again
    Then the AWS volume is mounted with both secrets

  @AAUTH-07
  Scenario: The role is for another ServiceAccount
    Given the role "app" trusts the subject "system:serviceaccount:shop:somebody-else"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    And the AWS volume is empty
    When the role "app" trusts the pod again
    Then the AWS volume is mounted with both secrets

  @AAUTH-08
  Scenario: The role wants another audience
    Given the role "app" trusts the audience "elsewhere" alone
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    And the AWS volume is empty
    When the role "app" trusts the pod again
    Then the AWS volume is mounted with both secrets

  @AAUTH-09
  Scenario: The token's signature is forged
    Given the pod's token for AWS is forged
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "could not be validated"
    And the AWS volume is empty
    When the pod's token for AWS is its own
    Then the AWS volume is mounted with both secrets

  @AAUTH-10
  Scenario: The cluster's new signing key is met, and the old one stays good
    When the AWS volume is mounted
    And the cluster signs tokens with a new key
    Then the AWS volume is mounted with both secrets

  @AAUTH-11
  Scenario: A token of a key that the cluster has withdrawn is refused
    Given the pod's token for AWS is signed with today's key
    And the cluster signs tokens with a new key and has withdrawn the old one
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Couldn't retrieve verification key"
    And the AWS volume is empty
    When the pod's token for AWS is its own
    Then the AWS volume is mounted with both secrets

  @AAUTH-12
  Scenario: There is no such role
    Given the pod's ServiceAccount names the role "nobody"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    And the AWS volume is empty
    When the pod's ServiceAccount names the role "app"
    Then the AWS volume is mounted with both secrets

  @AAUTH-13
  Scenario: The role may not read the secret
    Given the role's policy does not allow "secretsmanager:GetSecretValue"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "is not authorized to perform: secretsmanager:GetSecretValue"
    And the AWS volume is empty
    When the role's policy allows reading again
    Then the AWS volume is mounted with both secrets

  @AAUTH-14
  Scenario: The role may not use the key that one of the secrets is encrypted with
    Given "api-key" in "us-west-2" is encrypted with a KMS key that the role may not use
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "api-key" and "Access to KMS is not allowed"
    And the AWS volume is empty
    When the role may use the KMS key
    Then the AWS volume is mounted with both secrets

  @AAUTH-15
  Scenario: One of the secrets is deleted
    Given Secrets Manager in "us-west-2" deletes "api-key"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "api-key" and "marked for deletion"
    And the AWS volume is empty
    When Secrets Manager in "us-west-2" restores "api-key"
    Then the AWS volume is mounted with both secrets

  @AAUTH-16 @needs:virtual-time
  Scenario: AWS is asked too often
    Given AWS answers "secretsmanager/*" with 400 "ThrottlingException"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "ThrottlingException"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

  @AAUTH-17 @needs:virtual-time
  Scenario: AWS is slow, but not too slow
    Given AWS takes 50 seconds for "secretsmanager/*"
    Then the AWS volume is mounted with both secrets

  @AAUTH-18 @needs:virtual-time
  Scenario: AWS does not answer in time
    Given AWS does not answer "secretsmanager/*"
    When the AWS volume is mounted
    Then the AWS mount ends with "DeadlineExceeded"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

  @AAUTH-19 @needs:virtual-time
  Scenario: AWS is down
    Given AWS is down
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "connection refused"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

  @AAUTH-20 @needs:virtual-time
  Scenario: AWS shows a certificate of an unknown authority
    Given AWS shows a certificate of an unknown authority
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "certificate signed by unknown authority"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

  @AAUTH-21
  Scenario: No role is associated with the pod's ServiceAccount
    Given the class asks AWS with "usePodIdentity" as "true"
    And no Pod Identity association is for the pod
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "No pod identity association found"
    And the AWS volume is empty
    When a Pod Identity association is for the pod
    Then the AWS volume is mounted with both secrets

  @AAUTH-22 @needs:virtual-time
  Scenario: AWS's answer is cut off
    Given AWS's answers to "secretsmanager/*" are cut off after 150 bytes
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

  @AAUTH-23
  Scenario Outline: What answers is not AWS: <what>
    Given AWS's answers to "secretsmanager/*" <what>
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "db-password" and "failed to decode response body"
    And the AWS volume is empty
    When AWS answers as usual again
    Then the AWS volume is mounted with both secrets

    Examples:
      | what                |
      | stand in a web page |
      | are no JSON         |
