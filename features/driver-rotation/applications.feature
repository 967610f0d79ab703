@profile:DRIVER-ROTATION @extended @should
Feature: What applications see of a rotation
  A rotation renames one link. An app sees it when it watches what is renamed, reads its file through the link, and
  reads it again; examples/apps has apps that do, and apps that do not.
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/known-limitations

  Background:
    Given a cluster in which rotation and sync are on and the store holds "first"

  @APP-01
  Scenario: The guide's Python watcher waits for a change of the file, and misses every rotation
    Given the app "python-as-written" watches its secret
    And the app "python" watches its secret
    When the store's value changes to "second" and is rotated
    Then the app "python-as-written" has noticed nothing by the time that "python" reloads its secret

  @APP-02
  Scenario: A Python app that watches the folder reloads
    Given the app "python" watches its secret
    When the store's value changes to "second" and is rotated
    Then the app "python" reloads its secret

  @APP-03
  Scenario: A Node app that watches the folder reloads
    Given the app "node" watches its secret
    When the store's value changes to "second" and is rotated
    Then the app "node" reloads its secret

  @APP-04
  Scenario: A subPath mount never changes
    Given the app "subpath" of examples/apps runs
    When the store's value changes to "second" and is rotated
    Then the app "subpath" reads "second" at "/mnt/secrets/password"
    And the app "subpath" reads "first" at "/etc/app/password"

  @APP-05
  Scenario: An environment variable stays as it was when the container started
    Given the app "env" of examples/apps runs
    When the store's value changes to "second" and is rotated
    Then the app "env" has "first" in its environment as "PASSWORD"

  @APP-06
  Scenario: A restarted pod has the new value in its environment
    Given the app "env" of examples/apps runs
    And the store's value changes to "second" and is rotated
    When the app "env" is restarted
    Then the app "env" has "second" in its environment as "PASSWORD"
