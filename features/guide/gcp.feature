@profile:PROVIDER-GCP @core @must
Feature: The guide's application reads its secrets from Google, once the guide is mended
  The driver, Google and the GCP provider are set up as examples/gcp has it. What the guide itself leaves out stands in
  examples/gcp/as-written, and what comes of it is shown: each time the pod is told of the object and the cause.
  Docs: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity

  Background:
    Given a cluster with Google set up by "gcp/gcp-setup.sh"
    And the GCP provider is installed
    And "gcp/namespace.yaml" and "gcp/secret-provider-class.yaml" are applied

  @GUIDE-GCP-01 @needs:virtual-time
  Scenario: Both replicas run, read what Google holds, and see it change
    Given the driver installed with "gcp/driver-values.yaml"
    When "gcp/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-key" as Google holds them
    And Google was read by the guide's service account alone
    When the password changes at Google
    Then each of them reads Google's new password within 5 minutes

  @GUIDE-GCP-06 @any-cluster
  Scenario: A container whose variables come from the synced Secret starts once the Secret is there
    Given the driver installed with "gcp/driver-values.yaml"
    When "gcp/app-with-env.yaml" is applied
    Then 1 pods of "app-with-env" run in "production"
    And the container of "app-with-env" in "production" has DB_PASSWORD and API_KEY as Google holds them

  @GUIDE-GCP-02 @any-cluster
  Scenario: The guide's ServiceAccount names no Google service account, so the pod asks as itself
    Given the driver installed with "gcp/driver-values.yaml"
    When "gcp/as-written/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "projects/my-project/secrets/my-app-db-password/versions/latest" and "Permission 'secretmanager.versions.access' denied"
    And no volume in "production" holds a file
    When "gcp/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"

  @GUIDE-GCP-03 @any-cluster
  Scenario: The guide asks for no tokens, and the provider makes them by its own right to
    Given the driver installed with "gcp/as-written/driver-values.yaml"
    When "gcp/app.yaml" is applied
    Then 2 pods of "app-with-secrets" run in "production"
    And each of them reads "/mnt/secrets/db-password" and "/mnt/secrets/api-key" as Google holds them

  @GUIDE-GCP-04 @any-cluster
  Scenario: The service account is lent to another namespace
    Given the driver installed with "gcp/driver-values.yaml"
    And the guide's service account at Google may be borrowed by "serviceAccount:my-project.svc.id.goog[staging/app-service-account]"
    When "gcp/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "unable to obtain workload identity auth" and "Permission 'iam.serviceAccounts.getAccessToken' denied"
    And no volume in "production" holds a file
    When the guide's service account at Google may be borrowed as the guide has it
    Then 2 pods of "app-with-secrets" run in "production"

  @GUIDE-GCP-05 @needs:virtual-time @behaviour:hardened
  Scenario: Secret Manager is out of order, and the pod is told so in time
    Given the driver installed with "gcp/driver-values.yaml"
    And Google's Secret Manager is out of order for the guide's cluster
    When "gcp/app.yaml" is applied
    Then no pod of "app-with-secrets" in "production" runs, each told of "projects/my-project/secrets/my-app-db-password/versions/latest" and "Unavailable desc = out of order"
    When Google's Secret Manager works again for the guide's cluster
    Then 2 pods of "app-with-secrets" run in "production"
