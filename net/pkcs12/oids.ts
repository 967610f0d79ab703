/** Names of what a PFX is made of (RFC 7292, 8018). */
export const OID = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  tripleDes: "1.2.840.113549.1.12.1.3",
  rc2: "1.2.840.113549.1.12.1.6",
  pbes2: "1.2.840.113549.1.5.13",
  sha1: "1.3.14.3.2.26",
} as const;
