@profile:PROVIDER-GRPC @core @must
Feature: A provider can be reached
  The driver finds a provider by the name of its socket and calls it over gRPC, with no credentials.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/providers

  @PC-01
  Scenario: The socket stands in the provider folder and bears a provider's name
    When the provider runs
    Then it listens on a Unix socket in the provider folder
    And the socket is called by a provider name and ".sock"

  @PC-02
  Scenario: Version names the provider and its version within five seconds
    Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.6.0/provider/v1alpha1/service.proto
    When the driver asks for the version
    Then the provider names itself and its version

  @PC-03
  Scenario: Calls with the authority "localhost" are served
    Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.6.0/pkg/secrets-store/provider_client.go
    When the driver asks for the version
    Then the call is served

  @PC-15 @needs:program @needs:parameters
  Scenario: A provider that was killed serves again from the same socket
    Given the driver has mounted the volume
    When the provider is killed and started again
    And the driver mounts the volume again
    Then the socket is where it was
    And the mount is complete

  @PC-16 @needs:parameters
  Scenario: Twenty mounts at once each get what they get alone
    When the driver mounts 20 volumes at once
    Then each mount is what it is alone
