@profile:DRIVER-SYNC @core @must @whole-cluster
Feature: Containers that read a synced Secret
  As variables, all its keys as variables, and as a volume of its own beside the one it is made of.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/set-as-env-var

  Background:
    Given a cluster whose driver makes a Secret of what "app-secrets" mounts

  @SYN-34
  Scenario: A pod starts with variables from the Secret that its own volume brings
    When the Pod "web" that reads the Secret is created
    Then "web" runs with the variable "PASSWORD" set to "first"
    And "web" has the variable "ALL_password" set to "first"

  @SYN-35
  Scenario: A container waits for a Secret that nobody asks for yet, and starts when it is there
    Given a SecretProviderClass that asks for no Secret yet
    When the Pod "web" that reads the Secret is created
    Then the container of "web" waits with "CreateContainerConfigError"

  @SYN-35h @behaviour:hardened
  Scenario: A container that waits for its Secret starts once the SecretProviderClass asks for it
    Given a SecretProviderClass that asks for no Secret yet
    And the Pod "web" that reads the Secret is created
    And the container of "web" waits with "CreateContainerConfigError"
    When the SecretProviderClass asks for the Secret
    Then "web" runs with the variable "PASSWORD" set to "first"

  @SYN-36
  Scenario: A new value reaches the volume of the Secret, and variables not before a restart
    Given the Deployment "web" runs and reads the Secret
    When the password becomes "second" at the provider
    Then "web" has the variable "PASSWORD" set to "first"
    And "web" reads "second" from the file "/mnt/synced/password"
    When the pod of "web" is replaced
    Then "web" runs with the variable "PASSWORD" set to "second"
