@profile:PROVIDER-GCP @core @must
Feature: The GCP provider as a process finds its way by a proxy and a CA file, and tells what it did
  Docs: https://github.com/GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp/blob/main/docs/metrics.md

  @G53
  Scenario: It mounts through the proxy, is alive, and counts its calls
    Given a pod whose ServiceAccount is known to Google
    And Secret Manager holds "s"
    And the class asks Google for "- {resourceName: projects/p/secrets/s/versions/1, fileName: f}"
    And the Google provider runs as a process called "gcp"
    When the driver mounts the Google volume by the process "gcp"
    Then the Google volume holds
      | file | value |
      | f    | {s}   |
    And the Google provider's "/live" answers 200
    And the Google provider's "/metrics" tells "outbound_rpc_count{kind='secretmanager_access_secret_version_requests',status='ok'} 1"
    And the Google provider's "/metrics" tells "outbound_rpc_count{kind='gcp_iam_get_id_bind_token_requests',status='200'} 1"

  @G54
  Scenario: Its socket bears the name it is given
    Given a pod whose ServiceAccount is known to Google
    And the Google provider runs as a process called "x"
    Then the Google provider's socket is called "x.sock"
