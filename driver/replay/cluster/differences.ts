/** Probes that are not calls of the driver, and the tests that hold what they showed. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "SEC-02 secret bytes only on tmpfs": "looks below the mount: case SEC-02 of the profile SECURITY",
  "SEC-07 user with role view": "asks the API server about users: case SEC-07 of the profile SECURITY",
  "SEC-07 user with role edit": "asks the API server about users: case SEC-07 of the profile SECURITY",
  "SEC-07 user with role admin": "asks the API server about users: case SEC-07 of the profile SECURITY",
};

const REASON = "the event names the reason instead of a timeout";

/**
 * Where `hardened` does otherwise than the real driver, on purpose: the quirk of `behaviour.ts` it leaves out, or
 * what is told better. Owners and the mark of the class are left out of the comparison (B2, B3).
 */
export const DIFFERENT_IN_HARDENED: Readonly<Record<string, string>> = {
  "SYN-01 type kubernetes.io/service-account-token": REASON,
  "SYN-01 dockerconfigjson with bad content": REASON,
  "SYN-06 one good entry, one absent with a percent sign": "texts are not taken for formats",
  "SYN-08 type omitted": "B16",
  "SYN-08 type empty": "B16",
  "SYN-08 secretName empty": "B16: what is invalid is told",
  "SYN-08 data empty": "B16: what is invalid is told",
  "SYN-08 secretName not a DNS name": REASON,
  "SYN-10 key not allowed by the API": REASON,
  "SYN-12 EC PARAMETERS block after the key": "empty-key",
  "SYN-13 PFX without password (AES-256, SHA-256 MAC)": "pfx",
  "SYN-13 PFX in base64 text": "pfx",
  "SYN-16 encrypted PKCS#8 key": "empty-key",
  "SYN-16 encrypted PKCS#1 key": "empty-key",
  "SYN-16 only tls.crt wanted": REASON,
  "SYN-18 pre-existing unmanaged Secret, same type": "B3",
  "SYN-19 pre-existing Secret of another type; a second object follows": "B3, and the second object is made",
  "SYN-19 pre-existing immutable Secret": "B3",
  "B19 SPCPS pointing at another directory with the right ending": "B19",
  "6.2 secretObjects added, republish without change": "what is asked for is made as soon as it is asked for",
  "B12 two volumes, same SPC: only the second one published": "B12",
  "SYN-20 no secrets RBAC": REASON,
  "5.1 listing mounted files fails": "B19: a status object sets nothing off",
  "5.2 user edits are dropped by the next write": "what others put beside the driver's labels is theirs",
  "SEC-05 providerName Mock_Provider, SPC missing, readonly=false": "B15",
  "SEC-09 mode -1": "raw-modes",
  "SEC-09 mode 1<<23": "raw-modes",
  "SEC-09 mode 1<<22": "raw-modes",
  "SEC-09 mode 1<<20": "raw-modes",
  "SEC-09 mode 512": "B10",
  "SEC-09 mode 2147483647": "raw-modes",
  "SEC-09 mode -2147483648": "B10",
  "SEC-06 targetPath of the other pod": "a deleted Secret is made anew, from the pod's own volume",
};
