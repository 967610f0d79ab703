@profile:PROVIDER-GRPC @core @must
Feature: A mount that fails says so and gives nothing away
  A failure is a gRPC status or an error code in the response; its text reaches the events of the pod.
  Docs: https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/v1.6.0/provider/v1alpha1/service.proto

  @PC-11
  Scenario Outline: Attributes that are <attributes> are refused
    When the driver mounts with attributes that are <attributes>
    Then the mount fails without files

    Examples:
      | attributes    |
      | cut-off JSON  |
      | no JSON       |

  @PC-12 @needs:missing @needs:secret-values
  Scenario: A missing object fails the whole mount without showing a secret
    When the driver mounts an object that is not in the store
    Then the mount fails without files
    And its message shows no secret
