@profile:PROVIDER-AWS @must
Feature: A pod is itself at AWS, by its own token
  Docs: https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
  Docs: https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html

  Background:
    Given a pod whose ServiceAccount has a role at AWS
    And Secrets Manager in "us-west-2" holds "TestSecret1"
    And the class asks AWS for
      """
      - objectName: TestSecret1
        objectType: secretsmanager
      """

  @A08 @core
  Scenario: Without a region in the class the pod's node says where
    Given the class of AWS names no "region"
    And the pod's node is in "eu-west-1"
    And Secrets Manager in "eu-west-1" holds "TestSecret1"
    When the AWS volume is mounted
    Then the AWS provider read from the API server
      """
      GET /api/v1/namespaces/shop/pods/web
      GET /api/v1/nodes/node-a
      GET /api/v1/namespaces/shop/serviceaccounts/app
      """
    And AWS was asked for
      """
      sts/eu-west-1/AssumeRoleWithWebIdentity app
      secretsmanager/eu-west-1/GetSecretValue TestSecret1
      """

  @A09 @core
  Scenario: The provider's own region spares it the node
    Given the class of AWS names no "region"
    And the AWS provider runs with "AWS_REGION" as "us-west-2"
    When the AWS volume is mounted
    Then the AWS provider read from the API server
      """
      GET /api/v1/namespaces/shop/serviceaccounts/app
      """

  @A10 @core
  Scenario: Without a pod there is no region
    Given the class of AWS names no "region"
    And the AWS pod is missing
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "failed to retrieve region from node" and "web"

  @A10b @core
  Scenario: A node without the label has no region
    Given the class of AWS names no "region"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "failed to retrieve region from node" and "Region not found"

  @A13 @core
  Scenario: Pod Identity needs a token of its own
    Given the class asks AWS with "usePodIdentity" as "true"
    And the pod has no token for "pods.eks.amazonaws.com"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "Pod Identity token extraction failed" and "pods.eks.amazonaws.com"

  @A14 @core
  Scenario: An empty token is none
    Given the pod's token for "sts.amazonaws.com" is empty
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "sts.amazonaws.com" and "is empty"

  @A15 @core
  Scenario: The pod's ServiceAccount is gone
    Given the pod's ServiceAccount is missing
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "failed to get service account shop/app" and "not found"

  @A16 @core
  Scenario: The pod's ServiceAccount names no role
    Given the pod's ServiceAccount names no role
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "An IAM role must be associated with service account app"

  @A18 @core
  Scenario: One exchange of the token serves both stores, and no token is made
    Given Parameter Store in "us-west-2" holds "p1"
    And the class asks AWS for
      """
      - {objectName: TestSecret1, objectType: secretsmanager}
      - {objectName: p1, objectType: ssmparameter}
      """
    When the AWS volume is mounted
    Then AWS was asked for
      """
      sts/us-west-2/AssumeRoleWithWebIdentity app
      secretsmanager/us-west-2/GetSecretValue TestSecret1
      ssm/us-west-2/GetParameters p1
      """
    And the AWS provider read from the API server
      """
      GET /api/v1/namespaces/shop/serviceaccounts/app
      """

  @A19 @core
  Scenario: With Pod Identity the agent is asked, and neither API server nor STS
    Given the class asks AWS with "usePodIdentity" as "true"
    When the AWS volume is mounted
    Then AWS was asked for
      """
      pod-identity/credentials
      secretsmanager/us-west-2/GetSecretValue TestSecret1
      """
    And the AWS provider read nothing from the API server

  @A20 @core
  Scenario: The agent is reached by IPv6 where that is asked for
    Given the class asks AWS with "usePodIdentity" as "true"
    And the class asks AWS with "preferredAddressType" as "IPv6"
    When the AWS volume is mounted
    Then AWS's agent was asked at "[fd00:ec2::23]"

  @A21 @core @needs:virtual-time
  Scenario: An agent that fails is asked again, and then the object is named
    Given the class asks AWS with "usePodIdentity" as "true"
    And the AWS provider runs with "AWS_MAX_ATTEMPTS" as "1"
    And AWS answers "pod-identity/credentials" with 503 ""
    When the AWS volume is mounted
    Then AWS was asked 3 times for "pod-identity/credentials"
    And the AWS mount is refused, naming "TestSecret1"

  @A21w @extended @behaviour:upstream @needs:virtual-time
  Scenario: The outer call tries its credentials three times over
    Given the class asks AWS with "usePodIdentity" as "true"
    And AWS cuts the connection at "pod-identity/credentials"
    When the AWS volume is mounted
    Then AWS was asked 9 times for "pod-identity/credentials"

  @A22 @core
  Scenario: What the agent refuses is told
    Given the class asks AWS with "usePodIdentity" as "true"
    And AWS answers "pod-identity/credentials" with 403 "AccessDeniedException"
    When the AWS volume is mounted
    Then the AWS mount is refused, naming "TestSecret1" and "AccessDeniedException: told so"

  @A22w @extended @behaviour:upstream
  Scenario: What the agent refuses has its words
    Given the class asks AWS with "usePodIdentity" as "true"
    And AWS answers "pod-identity/credentials" with 403 "AccessDeniedException"
    When the AWS volume is mounted
    Then the AWS mount is refused with "us-west-2: Failed fetching secret TestSecret1: operation error Secrets Manager: GetSecretValue, get identity: get credentials: failed to refresh cached credentials, failed to load credentials, AccessDeniedException: told so"

  @A23 @core @needs:virtual-time
  Scenario: A token that STS does not take yet is shown three times
    Given AWS answers "sts/*" with 400 "InvalidIdentityToken"
    When the AWS volume is mounted
    Then AWS was asked 3 times for "sts/us-west-2/AssumeRoleWithWebIdentity"
    And the AWS mount is refused, naming "TestSecret1" and "InvalidIdentityToken: told so"

  @A24 @core
  Scenario: A role that is refused is asked for once
    Given AWS answers "sts/*" with 403 "AccessDenied"
    When the AWS volume is mounted
    Then AWS was asked 1 times for "sts/us-west-2/AssumeRoleWithWebIdentity"
    And the AWS mount is refused, naming "TestSecret1"
