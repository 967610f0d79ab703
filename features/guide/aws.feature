@profile:PROVIDER-AWS @core @must
Feature: The guide's application reads its secrets from AWS, once the guide is mended
  The driver, AWS and the AWS provider are set up as examples/aws has it. What the guide itself says stands in
  examples/aws/as-written, and what comes of it is shown: each time the pod is told of the object and the cause.
  Docs: https://docs.aws.amazon.com/secretsmanager/latest/userguide/integrating_csi_driver.html

  Background:
    Given a cluster with AWS set up by "aws/aws-setup.sh"
    And the AWS provider is installed
    And "aws/namespace.yaml" and "aws/secret-provider-class.yaml" are applied

  @GUIDE-AWS-01 @needs:virtual-time
  Scenario: Both replicas run, read what AWS holds, and see it change
    Given the driver installed with "aws/driver-values.yaml"
    When "aws/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-key" as AWS holds them
    When the password changes at AWS
    Then each of them reads the new password within 5 minutes

  @GUIDE-AWS-06 @any-cluster
  Scenario: A container whose variables come from the synced Secret starts once the Secret is there
    Given the driver installed with "aws/driver-values.yaml"
    When "aws/app-with-env.yaml" is applied
    Then 1 pods of "app-with-env" run in "production"
    And the container of "app-with-env" in "production" has DB_PASSWORD and API_KEY as AWS holds them

  @GUIDE-AWS-02 @behaviour:hardened @any-cluster
  Scenario: The guide's policy allows other secrets than the class asks for
    Given the driver installed with "aws/driver-values.yaml"
    And AWS's policy is "aws/as-written/iam-policy.json"
    When "aws/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "my-app-db-password" and "is not authorized to perform: secretsmanager:GetSecretValue"
    And no volume in "production" holds a file
    When AWS's policy is "aws/iam-policy.json"
    Then 2 pods of "app-with-secrets" run in "production"

  @GUIDE-AWS-03 @any-cluster
  Scenario: The guide asks for no tokens
    Given the driver installed with "aws/as-written/driver-values.yaml"
    When "aws/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "serviceAccount.tokens not provided" and "tokenRequests"
    And no volume in "production" holds a file

  @GUIDE-AWS-04 @any-cluster
  Scenario: The guide's ServiceAccount names no role
    Given the driver installed with "aws/driver-values.yaml"
    When "aws/as-written/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "app-service-account" and "An IAM role must be associated"
    When "aws/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"

  @GUIDE-AWS-05 @behaviour:hardened @any-cluster
  Scenario: A role that trusts nobody is told with its object
    Given the driver installed with "aws/driver-values.yaml"
    And AWS refuses the role to everybody
    When "aws/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "my-app-db-password" and "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    And no volume in "production" holds a file
