import type { KeyObject } from "node:crypto";
import type { PathSpec } from "../../framework/backend.ts";
import { refuse } from "../../framework/errors.ts";
import { publicKeyOf } from "../claims.ts";

/** How the method reaches its cluster. */
export type KubernetesConfig = {
  readonly host: string;
  readonly caPem: string;
  readonly reviewerJwt: string;
  readonly pemKeys: readonly string[];
  readonly publicKeys: readonly KeyObject[];
  readonly issuer: string;
  readonly disableIssuerValidation: boolean;
  readonly disableLocalCaJwt: boolean;
};

/** `config`: written as a whole, as the real method does. */
export function configPath(holder: { config: KubernetesConfig | undefined }, isOpenBao: boolean): PathSpec {
  return {
    pattern: /^config$/,
    fields: {
      kubernetes_host: "string",
      kubernetes_ca_cert: "string",
      token_reviewer_jwt: "string",
      pem_keys: "commaStrings",
      issuer: "string",
      disable_iss_validation: "bool",
      disable_local_ca_jwt: "bool",
      use_annotations_as_alias_metadata: "bool",
    },
    operations: {
      read: () => {
        const { config } = holder;
        if (config === undefined) return undefined;
        return {
          data: {
            disable_iss_validation: config.disableIssuerValidation,
            disable_local_ca_jwt: config.disableLocalCaJwt,
            issuer: config.issuer,
            kubernetes_ca_cert: config.caPem,
            kubernetes_host: config.host,
            pem_keys: [...config.pemKeys],
            token_reviewer_jwt_set: config.reviewerJwt !== "",
            ...(isOpenBao ? {} : { use_annotations_as_alias_metadata: false }),
          },
        };
      },
      update: ({ fields }) => {
        const host = fields.string("kubernetes_host");
        if (host === "") throw refuse("no host provided");
        const disableLocalCaJwt = fields.bool("disable_local_ca_jwt");
        const caPem = fields.string("kubernetes_ca_cert");
        if (disableLocalCaJwt && caPem === "")
          throw refuse("kubernetes_ca_cert must be given when disable_local_ca_jwt is true");
        const pemKeys = fields.list("pem_keys");
        holder.config = {
          host: host.replace(/\/$/, ""),
          caPem,
          reviewerJwt: fields.string("token_reviewer_jwt"),
          pemKeys,
          publicKeys: pemKeys.map(readKey),
          issuer: fields.string("issuer"),
          disableIssuerValidation: fields.bool("disable_iss_validation", true),
          disableLocalCaJwt,
        };
        return undefined;
      },
    },
  };
}

function readKey(pem: string): KeyObject {
  try {
    return publicKeyOf(pem);
  } catch {
    throw refuse("data does not contain any valid RSA or ECDSA public keys");
  }
}
