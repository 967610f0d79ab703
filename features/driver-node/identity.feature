@profile:DRIVER-NODE @core @must
Feature: A CSI node service that says what it is and refuses what it is not
  Docs: https://github.com/container-storage-interface/spec/blob/master/spec.md

  Background:
    Given the driver "secrets-store.csi.k8s.io" on the node "node-a"

  @CSI-01 @processes
  Scenario: The driver gives its name and a version
    When kubelet calls "GetPluginInfo"
    Then the call succeeds
    And the answer's "name" is "secrets-store.csi.k8s.io"
    And the answer's "vendorVersion" is not empty

  @CSI-02
  Scenario: The driver says that it is ready
    When kubelet calls "Probe"
    Then the call succeeds
    And the answer's "ready" is "true"

  @CSI-03 @behaviour:upstream
  Scenario: Upstream advertises a controller service
    When kubelet calls "GetPluginCapabilities"
    Then the answer advertises exactly "CONTROLLER_SERVICE"

  @CSI-03h @behaviour:hardened
  Scenario: No controller service is advertised where there is none
    When kubelet calls "GetPluginCapabilities"
    Then the call succeeds
    And the answer advertises nothing

  @CSI-04 @behaviour:upstream
  Scenario: Upstream's controller has one capability of an unknown kind
    When kubelet calls "ControllerGetCapabilities"
    Then the answer advertises exactly "UNKNOWN"

  @CSI-05
  Scenario Outline: The controller call <call> is refused
    When kubelet calls "<call>"
    Then the call fails with "Unimplemented"

    Examples:
      | call                       |
      | CreateVolume               |
      | DeleteVolume               |
      | ControllerPublishVolume    |
      | ControllerUnpublishVolume  |
      | ValidateVolumeCapabilities |
      | ListVolumes                |
      | GetCapacity                |
      | CreateSnapshot             |
      | DeleteSnapshot             |
      | ListSnapshots              |
      | ControllerExpandVolume     |
      | ControllerGetVolume        |

  @CSI-06
  Scenario: The node is known by its id and nothing else
    When kubelet calls "NodeGetInfo"
    Then the call succeeds
    And the answer's "nodeId" is "node-a"
    And the answer has no topology and no volume limit

  @CSI-07 @behaviour:upstream
  Scenario: Upstream advertises staging
    When kubelet calls "NodeGetCapabilities"
    Then the answer advertises exactly "STAGE_UNSTAGE_VOLUME"

  @CSI-07h @behaviour:hardened
  Scenario: Staging is not advertised where nothing is staged
    When kubelet calls "NodeGetCapabilities"
    Then the call succeeds
    And the answer advertises nothing

  @CSI-08 @behaviour:upstream
  Scenario: Upstream's staging does nothing, once its arguments are there
    When kubelet calls "NodeStageVolume"
    Then the call succeeds
    When kubelet calls "NodeUnstageVolume"
    Then the call succeeds

  @CSI-08a @behaviour:upstream
  Scenario Outline: <call> without <missing> is refused
    When kubelet calls "<call>" without "<missing>"
    Then the call fails with "InvalidArgument"
    And the failure says "<text>"

    Examples:
      | call              | missing            | text                                 |
      | NodeStageVolume   | volume id          | Volume ID missing in request         |
      | NodeStageVolume   | staging path       | Target path missing in request       |
      | NodeStageVolume   | volume capability  | Volume capability missing in request |
      | NodeUnstageVolume | volume id          | Volume ID missing in request         |
      | NodeUnstageVolume | staging path       | Target path missing in request       |

  @CSI-09
  Scenario Outline: <call> is not implemented
    When kubelet calls "<call>"
    Then the call fails with "Unimplemented"

    Examples:
      | call               |
      | NodeExpandVolume   |
      | NodeGetVolumeStats |

  @CSI-19 @needs:mounts @processes
  Scenario: A socket file left by a killed driver is replaced
    Given the driver is killed and leaves its socket behind
    When the driver is started again
    And kubelet calls "Probe"
    Then the call succeeds
