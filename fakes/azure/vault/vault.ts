import type { KeyObject } from "node:crypto";
import type { Clock, Random } from "../../../core/index.ts";
import { Access } from "./access.ts";
import {
  type Bundle,
  type CertificateValue,
  certificateValue,
  type KeyValue,
  keyValue,
  secretText,
} from "./material.ts";
import { type NewVersion, ObjectStore, type Version } from "./object-store.ts";

export type SecretValue = {
  readonly value: string;
  readonly contentType?: string;
  /** It stands behind a certificate: the name under which its key is. */
  readonly certificate?: string;
};

const LOCATION = "westeurope";
export const PKCS12 = "application/x-pkcs12";

/** One key vault: what it holds, and who may read it. */
export class Vault {
  readonly name: string;
  readonly tenantId: string;
  readonly access: Access;
  /** How many entries a list gives at once unless it is asked for fewer. */
  pageSize = 25;
  readonly secrets: ObjectStore<SecretValue>;
  readonly keys: ObjectStore<KeyValue>;
  readonly certificates: ObjectStore<CertificateValue>;

  constructor(name: string, tenantId: string, { clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.name = name;
    this.tenantId = tenantId;
    this.access = new Access(name, LOCATION);
    this.secrets = new ObjectStore("secret", clock, random);
    this.keys = new ObjectStore("key", clock, random);
    this.certificates = new ObjectStore("certificate", clock, random);
  }

  setSecret(
    name: string,
    input: string | (SecretValue & Omit<NewVersion<SecretValue>, "value">),
  ): Version<SecretValue> {
    if (typeof input === "string") return this.secrets.add(name, { value: { value: input } });
    const { value, contentType, certificate, ...rest } = input;
    return this.secrets.add(name, {
      ...rest,
      value: {
        value,
        ...(contentType !== undefined && { contentType }),
        ...(certificate !== undefined && { certificate }),
      },
    });
  }

  /** @param kty what the vault calls it: `RSA-HSM` for one in hardware */
  setKey(name: string, key: KeyObject, kty?: string): Version<KeyValue> {
    return this.keys.add(name, { value: keyValue(key, kty) });
  }

  /** A certificate, and the key and the secret that stand behind it under the same name and version. */
  setCertificate(
    name: string,
    bundle: Bundle,
    options: { readonly contentType?: string } & Omit<NewVersion<unknown>, "value"> = {},
  ): Version<CertificateValue> {
    const { contentType = PKCS12, ...rest } = options;
    const added = this.certificates.add(name, { ...rest, value: certificateValue(bundle, contentType) });
    const same = { ...rest, version: added.version };
    this.keys.add(name, { ...same, value: keyValue(bundle.key, undefined, true) });
    this.secrets.add(name, {
      ...same,
      value: { value: secretText(bundle, contentType), contentType, certificate: name },
    });
    return added;
  }
}
