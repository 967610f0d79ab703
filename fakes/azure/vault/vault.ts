import type { KeyObject } from "node:crypto";
import type { Clock, Random } from "../../../core/index.ts";
import { Access, type Collection } from "./access.ts";
import {
  type Bundle,
  type CertificateValue,
  certificateValue,
  type KeyValue,
  keyValue,
  secretText,
} from "./material.ts";
import { type Deleted, type NewVersion, ObjectStore, type Version } from "./object-store.ts";
import { refusals } from "./refusal.ts";

export type SecretValue = {
  readonly value: string;
  readonly contentType?: string;
  /** It stands behind a certificate: the name under which its key is. */
  readonly certificate?: string;
};

type Backup = {
  readonly collection: Collection;
  readonly name: string;
  readonly kept: readonly { readonly part: Collection; readonly versions: readonly Version<unknown>[] }[];
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
  readonly #random: Random;
  readonly #backups = new Map<string, Backup>();

  constructor(name: string, tenantId: string, { clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.name = name;
    this.#random = random;
    this.tenantId = tenantId;
    this.access = new Access(name, LOCATION);
    this.secrets = new ObjectStore("secret", clock, random);
    this.keys = new ObjectStore("key", clock, random);
    this.certificates = new ObjectStore("certificate", clock, random);
  }

  /** @returns what {@link restore} takes: it names what was kept, and tells nothing of it */
  backup(collection: Collection, name: string): string {
    const kept = partsOf(collection).map((part) => ({ part, versions: this[part].snapshot(name) }));
    const id = Buffer.from(this.#random.uuid()).toString("base64url");
    this.#backups.set(id, { collection, name, kept });
    return id;
  }

  /** Brings a backup back: of a certificate also the key and the secret behind it. @returns under which name */
  restore(collection: Collection, backup: string): string {
    const found = this.#backups.get(backup);
    if (found?.collection !== collection)
      throw refusals.bad(`Backup blob is corrupted, or is of other ${collection} than this vault's.`);
    for (const { part, versions } of found.kept) (this[part] as ObjectStore<unknown>).restore(found.name, versions);
    return found.name;
  }

  /** Deletes an object; of a certificate also what is behind it. It may come back. */
  remove(collection: Collection, name: string): Deleted<unknown> {
    const [deleted] = partsOf(collection).map((part) => this[part].remove(name));
    return deleted as Deleted<unknown>;
  }

  recover(collection: Collection, name: string): Version<unknown> {
    const [recovered] = partsOf(collection).map((part) => this[part].recover(name));
    return recovered as Version<unknown>;
  }

  purge(collection: Collection, name: string): void {
    for (const part of partsOf(collection)) this[part].purge(name);
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

/** A certificate is three objects of one name. */
function partsOf(collection: Collection): readonly Collection[] {
  return collection === "certificates" ? ["certificates", "keys", "secrets"] : [collection];
}
