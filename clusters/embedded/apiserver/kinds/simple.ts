import { goJsonError } from "../../../../core/go/json-error.ts";
import { sameJson } from "../../../../core/json.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, forbidden, invalid, required } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Loose = Record<string, unknown>;

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const specOf = (object: KubeObject): Loose => (object["spec"] ?? {}) as Loose;

/** 1 MiB over all keys (Secret and ConfigMap alike). */
const MAX_DATA = 1024 * 1024;
const DATA_KEY = /^[-._a-zA-Z0-9]+$/;

function dataErrors(object: KubeObject, sizeOf: (value: string) => number): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries((object["data"] ?? {}) as Record<string, string>)) {
    size += sizeOf(value);
    if (!DATA_KEY.test(key) || key.length > 253)
      errors.push(
        invalid(
          `data[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      );
  }
  if (size > MAX_DATA)
    errors.push({ type: "tooLong", field: "data", detail: `may not be more than ${MAX_DATA} bytes` });
  return errors;
}

/** A key is in one of the two alone. */
function sharedKeys(object: KubeObject): FieldError[] {
  const { binaryData, data } = object as { data?: Record<string, string>; binaryData?: Record<string, string> };
  return Object.keys(data ?? {})
    .filter((key) => Object.hasOwn(binaryData ?? {}, key))
    .map((key) => invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
}

function immutableErrors(object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.["immutable"] !== true) return [];
  const errors: FieldError[] = [];
  if (object["immutable"] !== true) errors.push(forbidden("immutable", "field is immutable when `immutable` is set"));
  // Go's own comparison: an empty map is not the same as none.
  for (const field of fields)
    if (!sameJson(object[field], old[field]))
      errors.push(forbidden(field, "field is immutable when `immutable` is set"));
  return errors;
}

const base64Size = (value: string): number => Buffer.byteLength(value, "base64");

/** Keys that a Secret of a given type must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/dockercfg": [".dockercfg"],
};

/** What else a type demands: an account of a token, JSON in a registry's file. Contents are never told. */
function typeErrors({ type, metadata }: KubeObject, data: Readonly<Record<string, string>>): FieldError[] {
  if (type === "kubernetes.io/service-account-token" && !metadata.annotations?.[ACCOUNT_ANNOTATION])
    return [required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`)];
  const [key] = typeof type === "string" && type.startsWith("kubernetes.io/docker") ? (REQUIRED_KEYS[type] ?? []) : [];
  const content = key === undefined ? undefined : data[key];
  if (content === undefined) return [];
  const problem = goJsonError(Buffer.from(content, "base64").toString("utf8"));
  return problem === undefined ? [] : [invalid(`data[${key}]`, "<secret contents redacted>", problem)];
}

const ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name";

export const secretKind: Definition = {
  kind: "Secret",
  plural: "secrets",
  selectable: { type: (object) => text(object["type"]) },
  defaults: (object) => {
    if (object["type"] === undefined || object["type"] === "") object["type"] = "Opaque";
    const { stringData } = object as { stringData?: Record<string, string> };
    if (stringData !== undefined) {
      const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
      object["data"] = { ...(object["data"] as Loose | undefined), ...Object.fromEntries(encoded) };
      delete object["stringData"];
    }
  },
  validate: (object, old) => {
    const errors = dataErrors(object, base64Size);
    const data = (object["data"] ?? {}) as Record<string, string>;
    for (const key of REQUIRED_KEYS[text(object["type"])] ?? [])
      if (data[key] === undefined) errors.push(required(`data[${key}]`));
    if (
      object["type"] === "kubernetes.io/basic-auth" &&
      data["username"] === undefined &&
      data["password"] === undefined
    )
      errors.push(required("data[username]"), required("data[password]"));
    errors.push(...typeErrors(object, data));
    if (old !== undefined && object["type"] !== old["type"])
      errors.push(invalid("type", object["type"], "field is immutable"));
    return [...errors, ...immutableErrors(object, old, ["data"])];
  },
};

export const configMapKind: Definition = {
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  validate: (object, old) => [
    ...dataErrors(object, Buffer.byteLength),
    ...sharedKeys(object),
    ...immutableErrors(object, old, ["data", "binaryData"]),
  ],
};

export const namespaceKind: Definition = {
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
  shortNames: ["ns"],
  names: "label",
  // deletecollection is not offered for namespaces.
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  subresources: [
    { name: "finalize", verbs: ["update"] },
    { name: "status", verbs: ["get", "patch", "update"] },
  ],
  selectable: { "status.phase": (object) => text((object["status"] as Loose | undefined)?.["phase"]) },
  prepare: (object, old) => {
    if (old !== undefined) return;
    object["spec"] = { finalizers: ["kubernetes"] };
    object["status"] = { phase: "Active" };
  },
  defaults: (object) => {
    const { name = "" } = object.metadata;
    if (name !== "") object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": name };
  },
};

const IMMUTABLE_CSI_DRIVER_FIELDS = [
  "attachRequired",
  "fsGroupPolicy",
  "podInfoOnMount",
  "storageCapacity",
  "volumeLifecycleModes",
];
/** Of these, later releases let some change; what is left never does. */
const STILL_IMMUTABLE = new Set(["attachRequired", "volumeLifecycleModes"]);

export const csiDriverKind: Definition = {
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  hasGeneration: true,
  startsWithoutGeneration: true,
  defaults: (object) => {
    const spec = specOf(object);
    object["spec"] = spec;
    spec["attachRequired"] ??= true;
    spec["podInfoOnMount"] ??= false;
    spec["storageCapacity"] ??= false;
    spec["fsGroupPolicy"] ??= "ReadWriteOnceWithFSType";
    spec["volumeLifecycleModes"] ??= ["Persistent"];
    spec["requiresRepublish"] ??= false;
    spec["seLinuxMount"] ??= false;
  },
  validate: (object, old) => {
    const spec = specOf(object);
    const errors: FieldError[] = [];
    const audiences = new Set<string>();
    for (const [index, request] of (
      (spec["tokenRequests"] ?? []) as { audience?: string; expirationSeconds?: number }[]
    ).entries()) {
      const field = `spec.tokenRequests[${index}]`;
      const audience = request.audience ?? "";
      if (audiences.has(audience)) errors.push({ type: "duplicate", field: `${field}.audience`, value: audience });
      audiences.add(audience);
      const seconds = request.expirationSeconds;
      if (seconds !== undefined && seconds < 600)
        errors.push(invalid(`${field}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes"));
      if (seconds !== undefined && seconds > 2 ** 32)
        errors.push(
          invalid(`${field}.expirationSeconds`, seconds, "may not specify a duration larger than 2^32 seconds"),
        );
    }
    for (const mode of (spec["volumeLifecycleModes"] ?? []) as string[])
      if (mode !== "Persistent" && mode !== "Ephemeral")
        errors.push({
          type: "notSupported",
          field: "spec.volumeLifecycleModes",
          value: mode,
          detail: 'supported values: "Persistent", "Ephemeral"',
        });
    if (old !== undefined)
      for (const field of IMMUTABLE_CSI_DRIVER_FIELDS)
        if (STILL_IMMUTABLE.has(field) && JSON.stringify(spec[field]) !== JSON.stringify(specOf(old)[field]))
          // A real server names this one field so.
          errors.push(
            invalid(
              `spec.${field === "attachRequired" ? "attachedRequired" : field}`,
              spec[field],
              "field is immutable",
            ),
          );
    return errors;
  },
};
