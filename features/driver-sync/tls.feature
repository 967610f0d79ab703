@profile:DRIVER-SYNC @core @must
Feature: Certificates and keys taken apart into a TLS Secret
  Docs: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret

  Background:
    Given a pod "web" with a volume of the SecretProviderClass "app-secrets"
    And the driver may write Secrets
    And the SecretProviderClass asks for the Secret "tls" with:
      | objectName | key     | type              |
      | bundle     | tls.crt | kubernetes.io/tls |
      | bundle     | tls.key | kubernetes.io/tls |

  @SYN-12
  Scenario: One bundle of a key and its chain
    Given a provider that returns the file "bundle" made of "rsa.key, ec.crt, rsa.crt"
    When kubelet publishes the volume
    Then the Secret "tls" holds the certificates "ec.crt, rsa.crt" in this order
    And the Secret "tls" holds a private key that begins with "RSA PRIVATE KEY"

  @SYN-13
  Scenario: A PFX of the old form, without password
    Given a provider that returns the file "bundle" made of "old.pfx"
    When kubelet publishes the volume
    Then the Secret "tls" holds the certificates "rsa.crt" in this order
    And the Secret "tls" holds a private key that begins with "RSA PRIVATE KEY"

  @SYN-13q @behaviour:upstream
  Scenario: A PFX as OpenSSL 3 writes it is refused
    Given a provider that returns the file "bundle" made of "new.pfx"
    When kubelet publishes the volume
    Then the pod is told that a Secret failed: "pkcs12: unknown digest algorithm"
    And there is no Secret "tls"

  @SYN-13h @behaviour:hardened
  Scenario: A PFX as OpenSSL 3 writes it
    Given a provider that returns the file "bundle" made of "new.pfx"
    When kubelet publishes the volume
    Then the Secret "tls" holds the certificates "rsa.crt" in this order
    And the Secret "tls" holds a private key that begins with "RSA PRIVATE KEY"

  @SYN-14
  Scenario: An elliptic key in PKCS#8
    Given a provider that returns the file "bundle" made of "ec.crt, ec.key"
    When kubelet publishes the volume
    Then the Secret "tls" holds a private key that begins with "EC PRIVATE KEY"

  @SYN-15
  Scenario: A key that a TLS Secret has not
    Given the SecretProviderClass asks for the Secret "tls" with:
      | objectName | key     | type              |
      | bundle     | tls.crt | kubernetes.io/tls |
      | bundle     | tls.key | kubernetes.io/tls |
      | bundle     | ca.crt  | kubernetes.io/tls |
    And a provider that returns the file "bundle" made of "rsa.crt, rsa.key"
    When kubelet publishes the volume
    Then the pod is told that a Secret failed: "key 'ca.crt' is not supported"
    And there is no Secret "tls"

  @SYN-16 @behaviour:upstream
  Scenario Outline: A key that is encrypted becomes an empty one
    Given a provider that returns the file "bundle" made of "rsa.crt, <key>"
    When kubelet publishes the volume
    Then the private key of the Secret "tls" is empty

    Examples:
      | key          |
      | rsa-enc8.key |
      | rsa-enc1.key |

  @SYN-16h @behaviour:hardened
  Scenario Outline: A key that cannot be used makes no Secret
    Given a provider that returns the file "bundle" made of "rsa.crt, <key>"
    When kubelet publishes the volume
    Then the pod is told that a Secret failed: "private key"
    And there is no Secret "tls"

    Examples:
      | key          |
      | rsa-enc8.key |
      | rsa-enc1.key |
      | ed.key       |
