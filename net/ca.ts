import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import type { Clock } from "../core/index.ts";
import { bits, boolean, context, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";
import { child, readDer } from "./der-reader.ts";
import { TlsMemory } from "./tls-client.ts";

/** A certificate with its key, both PEM; the chain is the leaf alone. */
export type IssuedCertificate = { readonly certPem: string; readonly keyPem: string };

export type CertificateRequest = {
  readonly commonName: string;
  /** Groups, for a client certificate of the API server. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Default: both. */
  readonly usages?: readonly ("server" | "client")[];
  /** Wall time, epoch milliseconds. Default: a year from now. */
  readonly notAfter?: number;
  readonly notBefore?: number;
  /** The private key to certify; a new P-256 one when left out. */
  readonly key?: KeyObject;
};

export interface CertificateAuthority {
  readonly certPem: string;
  /** What its servers seal session tickets with: a client that has met one of them knows the next by its session. */
  readonly ticketKeys: Buffer;
  /** What clients of this process remember of its servers. */
  readonly memory: TlsMemory;
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
  /** As {@link issue}, and the same certificate whenever the same is asked for: servers that come and go need no new key. */
  reissue(request: Omit<CertificateRequest, "key">): Promise<IssuedCertificate>;
  /** An authority below this one: what it issues chains over it to here. */
  subordinate(commonName: string): Promise<CertificateAuthority>;
}

const OID = {
  ecPublicKeySha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  basicConstraints: "2.5.29.19",
  keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37",
  subjectAltName: "2.5.29.17",
  subjectKeyId: "2.5.29.14",
  authorityKeyId: "2.5.29.35",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Name, encryption and authentication, 16 bytes each: what OpenSSL takes. */
const TICKET_KEY_BYTES = 48;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

export type CertificateAuthorityOptions = { readonly clock: Clock; readonly commonName?: string };

/** The run's own CA: ECDSA P-256, X.509 v3 (RFC 5280). Validity follows wall time, as TLS stacks check it. */
export async function createCertificateAuthority(options: CertificateAuthorityOptions): Promise<CertificateAuthority> {
  return authority(options.clock, options.commonName ?? "mountproof", undefined);
}

type Signer = { readonly subject: Buffer; readonly keyId: Buffer; readonly privateKey: KeyObject };

/** @param parent who signs it; itself when left out */
function authority(clock: Clock, commonName: string, parent: Signer | undefined): CertificateAuthority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = name(commonName);
  const keyId = keyIdOf(keys.publicKey);
  const now = clock.wall();
  const self: Signer = { subject, keyId, privateKey: keys.privateKey };
  const certPem = certificate({
    subject,
    issuer: (parent ?? self).subject,
    publicKey: keys.publicKey,
    notBefore: now - HOUR_MS,
    notAfter: now + 10 * YEAR_MS,
    signer: (parent ?? self).privateKey,
    extensions: [
      extension(OID.basicConstraints, sequence(boolean(true)), true),
      extension(OID.keyUsage, bits(Buffer.from([0b0000_0110]), 1), true), // keyCertSign, cRLSign
      extension(OID.subjectKeyId, octets(keyId)),
      ...(parent === undefined ? [] : [extension(OID.authorityKeyId, sequence(context(0, parent.keyId, false)))]),
    ],
  });
  const issued = new Map<string, IssuedCertificate>();
  return {
    certPem,
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
    memory: new TlsMemory(),
    issue: async (request) => leafOf(request, self, clock.wall()),
    reissue: async (request) => {
      const key = JSON.stringify(request, Object.keys(request).sort());
      const known = issued.get(key) ?? leafOf(request, self, clock.wall());
      issued.set(key, known);
      return known;
    },
    subordinate: async (below) => authority(clock, below, self),
  };
}

function leafOf(request: CertificateRequest, issuer: Signer, now: number): IssuedCertificate {
  const privateKey = request.key ?? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const publicKey = createPublicKey(privateKey);
  const alternatives = alternativeNames(request);
  return {
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certPem: certificate({
      subject: name(request.commonName, request.organizations),
      issuer: issuer.subject,
      publicKey,
      notBefore: request.notBefore ?? now - HOUR_MS,
      notAfter: request.notAfter ?? now + YEAR_MS,
      signer: issuer.privateKey,
      extensions: [
        extension(OID.basicConstraints, sequence(), true),
        extension(OID.keyUsage, bits(Buffer.from([0b1000_0000]), 7), true), // digitalSignature
        extension(OID.extendedKeyUsage, sequence(...(request.usages ?? ["server", "client"]).map(usageOid))),
        extension(OID.subjectKeyId, octets(keyIdOf(publicKey))),
        extension(OID.authorityKeyId, sequence(context(0, issuer.keyId, false))),
        ...(alternatives.length > 0 ? [extension(OID.subjectAltName, sequence(...alternatives))] : []),
      ],
    }),
  };
}

type CertificateParts = {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
};

function certificate(parts: CertificateParts): string {
  const algorithm = sequence(oid(OID.ecPublicKeySha256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never a shorter encoding
  const signed = sequence(
    context(0, integer(2)),
    integer(serial),
    algorithm,
    parts.issuer,
    sequence(time(parts.notBefore), time(parts.notAfter)),
    parts.subject,
    parts.publicKey.export({ type: "spki", format: "der" }),
    context(3, sequence(...parts.extensions)),
  );
  const der = sequence(signed, algorithm, bits(sign("sha256", signed, parts.signer)));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function name(commonName: string, organizations: readonly string[] = []): Buffer {
  const attribute = (id: string, text: string): Buffer => set(sequence(oid(id), utf8(text)));
  return sequence(
    ...organizations.map((group) => attribute(OID.organization, group)),
    attribute(OID.commonName, commonName),
  );
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

function usageOid(usage: "server" | "client"): Buffer {
  return oid(usage === "server" ? OID.serverAuth : OID.clientAuth);
}

function alternativeNames({ dnsNames = [], ipAddresses = [] }: CertificateRequest): Buffer[] {
  return [
    ...dnsNames.map((dns) => context(2, Buffer.from(dns), false)),
    ...ipAddresses.map((address) => context(7, addressBytes(address), false)),
  ];
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  if (!isIPv6(address)) throw new TypeError(`"${address}" is not an IP address`);
  const [head = "", tail] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const words = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

/** SHA-1 of the public key's bits, method 1 of RFC 5280, 4.2.1.2; a name, not a safeguard. */
function keyIdOf(key: KeyObject): Buffer {
  const spki = readDer(key.export({ type: "spki", format: "der" }));
  // A bit string's first octet counts its unused bits.
  return createHash("sha1").update(child(spki, 1).body.subarray(1)).digest();
}

/** True when both belong together: a certificate taken from outside is checked before it is served. */
export function keyMatches(certPublicKey: KeyObject, keyPem: string): boolean {
  const own = createPrivateKey(keyPem).export({ format: "jwk" });
  const other = certPublicKey.export({ format: "jwk" });
  return own.x === other.x && own.y === other.y && own.n === other.n;
}
