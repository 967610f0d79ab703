import type { CertificateValue, KeyValue } from "./material.ts";
import type { Deleted, Version } from "./object-store.ts";
import type { SecretValue } from "./vault.ts";

const DAYS = 90;
const DAY_SECONDS = 86_400;

type Shown = Readonly<Record<string, unknown>>;

/** How Key Vault shows what it holds. `base` is the vault's address. */
export class Bundles {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  secret(name: string, { version, value, ...rest }: Version<SecretValue>): Shown {
    return {
      value: value.value,
      ...this.#secretHead(value),
      id: this.#id("secrets", name, version),
      ...(value.certificate !== undefined && { kid: this.#id("keys", value.certificate, version), managed: true }),
      ...common(rest),
    };
  }

  key(name: string, { version, value, ...rest }: Version<KeyValue>): Shown {
    return {
      key: { kid: this.#id("keys", name, version), key_ops: value.operations, ...value.key },
      ...(value.isManaged && { managed: true }),
      ...common(rest),
    };
  }

  certificate(name: string, { version, value, ...rest }: Version<CertificateValue>): Shown {
    return {
      id: this.#id("certificates", name, version),
      kid: this.#id("keys", name, version),
      sid: this.#id("secrets", name, version),
      x5t: value.thumbprint,
      cer: value.cer.toString("base64"),
      ...common(rest),
      policy: {
        id: `${this.#base}/certificates/${name}/policy`,
        secret_props: { contentType: value.contentType },
        x509_props: { subject: value.subject },
        issuer: { name: "Unknown" },
      },
    };
  }

  /** An entry of a list: no value, and no version where it stands for the object. */
  entry(
    collection: "secrets" | "keys" | "certificates",
    name: string,
    entry: Version<SecretValue | KeyValue | CertificateValue>,
    withVersion: boolean,
  ): Shown {
    const id = this.#id(collection, name, withVersion ? entry.version : undefined);
    const { value } = entry;
    const head = "value" in value ? this.#secretHead(value) : {};
    const isManaged = "isManaged" in value ? value.isManaged : "certificate" in value;
    return {
      [collection === "keys" ? "kid" : "id"]: id,
      ...head,
      ...("thumbprint" in value && { x5t: value.thumbprint }),
      ...(isManaged && { managed: true }),
      ...common(entry),
    };
  }

  deleted(
    collection: "secrets" | "keys" | "certificates",
    name: string,
    { deletedAt }: Deleted<unknown>,
    shown: Shown,
  ): Shown {
    const { value: _secret, ...rest } = shown;
    return {
      ...rest,
      recoveryId: `${this.#base}/deleted${collection}/${name}`,
      deletedDate: deletedAt,
      scheduledPurgeDate: deletedAt + DAYS * DAY_SECONDS,
    };
  }

  #secretHead({ contentType }: SecretValue): Shown {
    return contentType === undefined ? {} : { contentType };
  }

  #id(collection: string, name: string, version: string | undefined): string {
    return `${this.#base}/${collection}/${name}${version === undefined ? "" : `/${version}`}`;
  }
}

function common({ attributes, tags }: Pick<Version<unknown>, "attributes" | "tags">): Shown {
  return {
    attributes: { ...attributes, recoveryLevel: "Recoverable+Purgeable", recoverableDays: DAYS },
    ...(tags !== undefined && { tags }),
  };
}
