@profile:PROVIDER-AZURE @must
Feature: Each object becomes a file, with the version that Key Vault gave it
  Docs: https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/configurations/getting-certs-and-keys/

  Background:
    Given an Azure tenant whose application may read a vault
    And Key Vault holds the secret "secret1"

  @AZ-28 @core
  Scenario: A secret becomes a file with the volume's mode
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 644  | {secret1} |

  @AZ-28v @core
  Scenario: A secret's version is that of the vault
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure volume's versions are
      | id             | version |
      | secret/secret1 | v1      |

  @AZ-31 @core
  Scenario: An alias and a mode of one's own
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, objectAlias: dir/S1, filePermission: 0755}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file   | mode | value     |
      | dir/S1 | 755  | {secret1} |

  @AZ-32 @extended @behaviour:upstream
  Scenario: A mode that cannot be read is none at all
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, filePermission: abc}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file    | mode | value     |
      | secret1 | 0    | {secret1} |

  @AZ-32h @core @behaviour:hardened
  Scenario: A mode that cannot be read is refused with its object
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, filePermission: abc}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "secret1" and "abc"

  @AZ-33 @core
  Scenario: Without a history "latest" is a version's name like any other
    Given the Azure class asks for
      """
      - {objectName: secret1, objectType: secret, objectVersion: latest}
      """
    When the Azure volume is mounted
    Then Azure was asked 2 times for "GET /secrets/secret1/latest"

  @AZ-34 @core
  Scenario: A history holds the newest versions, each a file, and one more than it says
    Given Key Vault holds 5 versions of the secret "n"
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 2}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file | mode | value  |
      | n/0  | 644  | {n v5} |
      | n/1  | 644  | {n v4} |
      | n/2  | 644  | {n v3} |

  @AZ-34v @core
  Scenario: A history's versions are told apart by their place, under the object's own name
    Given Key Vault holds 3 versions of the secret "n"
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 2, objectAlias: al}
      """
    When the Azure volume is mounted
    Then the Azure volume's versions are
      | id         | version |
      | secret/n/0 | v3      |
      | secret/n/1 | v2      |
      | secret/n/2 | v1      |

  @AZ-35 @core
  Scenario: A history leaves disabled versions out
    Given Key Vault holds 4 versions of the secret "n"
    And Key Vault's secret "n" is disabled
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 3}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file | value  |
      | n/0  | {n v3} |
      | n/1  | {n v2} |
      | n/2  | {n v1} |

  @AZ-36 @core
  Scenario: A history may begin at an older version
    Given Key Vault holds 5 versions of the secret "n"
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 5, objectVersion: v3}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file | value  |
      | n/0  | {n v3} |
      | n/1  | {n v2} |
      | n/2  | {n v1} |

  @AZ-37 @extended @behaviour:upstream
  Scenario: A history from a version that is not there is nothing, and no error
    Given Key Vault holds 2 versions of the secret "n"
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 5, objectVersion: nope}
      """
    When the Azure volume is mounted
    Then the Azure volume is mounted without a file

  @AZ-37h @core @behaviour:hardened
  Scenario: A history from a version that is not there is refused with its object
    Given Key Vault holds 2 versions of the secret "n"
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 5, objectVersion: nope}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "objectName:n" and "nope"

  @AZ-38 @core
  Scenario: A history is read page by page
    Given Key Vault holds 3 versions of the secret "n"
    And Key Vault gives pages of 1
    And the Azure class asks for
      """
      - {objectName: n, objectType: secret, objectVersionHistory: 10}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file | value  |
      | n/0  | {n v3} |
      | n/1  | {n v2} |
      | n/2  | {n v1} |

  @AZ-50 @core
  Scenario: A PFX becomes PEM: the key, then the chain from the leaf to the root
    Given Key Vault holds the certificate "cert" made of "leaf, root, intermediate" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" holds "key, leaf, intermediate, root" in PEM

  @AZ-51 @core
  Scenario: A chain with a gap stays as the vault keeps it
    Given Key Vault holds the certificate "cert" made of "leaf, root" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" holds "key, leaf, root" in PEM

  @AZ-51f @core
  Scenario: A chain stays as the vault keeps it where the provider does not order it
    Given Key Vault holds the certificate "cert" made of "leaf, root, intermediate" as "application/x-pkcs12"
    And the Azure provider runs with "-construct-pem-chain" off
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" holds "key, leaf, root, intermediate" in PEM

  @AZ-52 @core
  Scenario Outline: A PFX may stay one, in <form>
    Given Key Vault holds the certificate "cert" made of "leaf, intermediate, root" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret, objectFormat: pfx, objectEncoding: "<encoding>"}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" is a PFX file in "<form>"

    Examples:
      | encoding | form   |
      | utf-8    | base64 |
      | base64   | bytes  |

  @AZ-53 @core
  Scenario: A certificate kept as PEM stays as it is
    Given Key Vault holds the certificate "cert" made of "leaf, root, intermediate" as "application/x-pem-file"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" holds "key, leaf, root, intermediate" in PEM

  @AZ-54 @core
  Scenario: A certificate of an unknown type is refused with its name
    Given a certificate stands behind the secret "odd" of the type "text/plain"
    And the Azure class asks for
      """
      - {objectName: odd, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "odd" and "text/plain"

  @AZ-55 @core
  Scenario Outline: Certificate and key may go to files of their own: <file>
    Given Key Vault holds the certificate "cert" made of "leaf, root, intermediate" as "application/x-pkcs12"
    And the Azure provider writes certificate and key to files of their own
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure file "<file>" holds "<parts>" in PEM

    Examples:
      | file     | parts                         |
      | cert.crt | leaf, intermediate, root      |
      | cert.key | key                           |
      | cert     | key, leaf, intermediate, root |

  @AZ-55v @core
  Scenario: Files of one certificate share its version
    Given Key Vault holds the certificate "cert" made of "leaf, root, intermediate" as "application/x-pkcs12"
    And the Azure provider writes certificate and key to files of their own
    And the Azure class asks for
      """
      - {objectName: cert, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure volume's versions are
      | id          | version |
      | secret/cert | c1      |
      | secret/cert | c1      |
      | secret/cert | c1      |

  @AZ-56 @core
  Scenario Outline: A value may be kept encoded: <encoding>
    Given Key Vault holds the secret "coded" with the value "<value>"
    And the Azure class asks for
      """
      - {objectName: coded, objectType: secret, objectEncoding: <encoding>}
      """
    When the Azure volume is mounted
    Then the Azure volume holds
      | file  | mode | value  |
      | coded | 644  | Base64 |

    Examples:
      | encoding | value        |
      | base64   | QmFzZTY0     |
      | HEX      | 426173653634 |
      | utf-8    | Base64       |

  @AZ-56b @core
  Scenario: A value that is not encoded as the class says is refused
    Given Key Vault holds the secret "coded" with the value "zz"
    And the Azure class asks for
      """
      - {objectName: coded, objectType: secret, objectEncoding: hex}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "encoding/hex: invalid byte"

  @AZ-57 @core
  Scenario Outline: A key becomes its public half in PEM: <kind>
    Given Key Vault holds the key "k" of the kind "<kind>"
    And the Azure class asks for
      """
      - {objectName: k, objectType: key}
      """
    When the Azure volume is mounted
    Then the Azure file "k" is the public key "k"

    Examples:
      | kind         |
      | RSA          |
      | RSA-HSM      |
      | EC P-384     |
      | EC-HSM P-521 |

  @AZ-58 @core
  Scenario Outline: A key without a PEM form is refused with its name: <kind>
    Given Key Vault holds the key "k" of the kind "<kind>"
    And the Azure class asks for
      """
      - {objectName: k, objectType: key}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "objectName:k" and "<why>"

    Examples:
      | kind      | why    |
      | EC P-256K | P-256K |
      | oct       | 'oct'  |

  @AZ-59 @core
  Scenario: A certificate becomes its leaf in PEM
    Given Key Vault holds the certificate "cert" made of "leaf, intermediate, root" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: cert}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" holds "leaf" in PEM

  @AZ-59f @core
  Scenario: A certificate's PEM has the usual form
    Given Key Vault holds the certificate "cert" made of "leaf, intermediate, root" as "application/x-pkcs12"
    And the Azure class asks for
      """
      - {objectName: cert, objectType: cert}
      """
    When the Azure volume is mounted
    Then the Azure file "cert" is one certificate in lines of 64 with a last line end

  @AZ-60 @core
  Scenario: One object that may not be read, and none is mounted
    Given Key Vault holds the secret "s2"
    And the vault lets the application read "secret1" alone
    And the Azure class asks for
      """
      - {objectName: secret1, objectType: secret}
      - {objectName: s2, objectType: secret}
      """
    When the Azure volume is mounted
    Then the Azure mount is refused, naming "s2" and "ForbiddenByRbac"
