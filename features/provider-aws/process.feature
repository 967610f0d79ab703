@profile:PROVIDER-AWS @core @must
Feature: The AWS provider as a process leaves nothing behind
  Docs: https://github.com/aws/secrets-store-csi-driver-provider-aws#install

  @A57
  Scenario: Told to stop it ends well and takes its socket away
    Given a pod whose ServiceAccount has a role at AWS
    And the AWS provider runs as a process
    When the AWS provider's process is told to stop
    Then the AWS provider's process ends with 0
    And its AWS socket is gone

  @A57b
  Scenario: Without a cluster it does not run
    When the AWS provider's process starts where no cluster is
    Then the AWS provider's process ends with 255
