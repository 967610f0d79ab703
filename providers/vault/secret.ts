import {
  decodeBase64,
  decodeHex,
  goJson,
  goJsonError,
  goTokenOf,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../../core/go/index.ts";

/** What Vault answered, as its Go client holds it. */
export type VaultSecret = {
  readonly data: JsonObject | undefined;
  readonly warnings: readonly string[];
  /** The whole response as compact JSON in Go's field order. */
  readonly whole: () => string;
};

const FIELDS = [
  "request_id",
  "lease_id",
  "lease_duration",
  "renewable",
  "data",
  "warnings",
  "auth",
  "wrap_info",
  "mount_type",
];
const ALWAYS = new Set(["request_id", "lease_id", "lease_duration", "renewable", "data", "warnings"]);
const ZERO: JsonObject = {
  request_id: "",
  lease_id: "",
  lease_duration: 0,
  renewable: false,
  data: null,
  warnings: null,
};

/**
 * Reads the body of a good answer (vault/api, ParseSecret).
 * @returns undefined where the Go client has no secret and no error: the real provider dies of it
 * @throws Error with Go's words for what does not decode
 */
export function parseSecret(body: string): VaultSecret | undefined {
  if (body.trim() === "") return undefined;
  const value = firstValue(body);
  if (value === null) return secretOf({}, undefined);
  if (!isObject(value)) throw new Error(`json: cannot unmarshal ${goTokenOf(value)} into Go value of type api.Secret`);
  const { data } = value;
  if (data !== undefined && data !== null && !isObject(data))
    throw new Error(
      `json: cannot unmarshal ${goTokenOf(data)} into Go struct field Secret.data of type map[string]interface {}`,
    );
  const isEnvelope = FIELDS.some(
    (field) => value[field] !== undefined && value[field] !== null && !isZero(field, value[field]),
  );
  if (isEnvelope) return secretOf(value, isObject(data) ? data : undefined);
  if (value["errors"] !== undefined && Object.keys(value).length === 1) return undefined;
  return secretOf(
    value,
    Object.keys(value).length === 0 || "data" in value ? (isObject(data) ? data : undefined) : value,
  );
}

function isZero(field: string, value: JsonValue | undefined): boolean {
  return ZERO[field] === value;
}

function secretOf(envelope: JsonObject, data: JsonObject | undefined): VaultSecret {
  const { warnings } = envelope;
  return {
    data,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    whole: () => {
      const members = FIELDS.flatMap((field) => {
        const value = field === "data" ? (data ?? null) : envelope[field];
        if (!ALWAYS.has(field) && (value === undefined || value === null || value === "")) return [];
        return [
          `"${field}":${STRUCTS[field] === undefined || !isObject(value) ? goJson(value ?? ZERO[field]) : structJson(value, STRUCTS[field])}`,
        ];
      });
      return `{${members.join(",")}}`;
    },
  };
}

/** Parts of the envelope that are Go structs: fields in their order, zero values written out. */
const STRUCTS: Readonly<Record<string, JsonObject>> = {
  wrap_info: {
    token: "",
    accessor: "",
    ttl: 0,
    creation_time: "0001-01-01T00:00:00Z",
    creation_path: "",
    wrapped_accessor: "",
  },
  auth: {
    client_token: "",
    accessor: "",
    policies: null,
    token_policies: null,
    identity_policies: null,
    metadata: null,
    orphan: false,
    entity_id: "",
    lease_duration: 0,
    renewable: false,
    mfa_requirement: null,
  },
};

function structJson(value: JsonObject, zero: JsonObject): string {
  return `{${Object.keys(zero)
    .map((field) => `"${field}":${goJson(value[field] ?? zero[field])}`)
    .join(",")}}`;
}

/** Go's decoder reads one value and leaves the rest. */
function firstValue(body: string): JsonValue {
  const problem = goJsonError(body);
  if (problem === undefined) return parseJson(body);
  if (problem === "unexpected end of JSON input") throw new Error("unexpected EOF");
  if (!problem.endsWith("after top-level value")) throw new Error(problem);
  for (let end = body.length - 1; end > 0; end--) {
    const part = body.slice(0, end);
    if (/[\]}"\w]\s*$/.test(part) && goJsonError(part) === undefined) return parseJson(part);
  }
  throw new Error(problem);
}

/**
 * The value of one key as file bytes: of KV v2 the inner data.
 * @throws Error naming the key that is not there
 */
export function valueOfKey(data: JsonObject, key: string): Buffer {
  const inner = data["data"];
  const values = isObject(inner) ? inner : data;
  const value = Object.hasOwn(values, key) ? values[key] : undefined;
  if (value === undefined) throw new Error(`key ${JSON.stringify(key)} does not exist at the secret path`);
  return Buffer.from(typeof value === "string" ? value : goJson(value));
}

/** @throws Error with Go's words for bytes that do not decode, or an encoding that is none */
export function decodeValue(value: Buffer, encoding: string): Buffer {
  switch (encoding.toLowerCase()) {
    case "":
    case "utf-8":
      return value;
    case "base64":
      return decodeBase64(value.toString("latin1"));
    case "hex":
      return decodeHex(value.toString("latin1"));
    default:
      throw new Error("invalid encoding type. Should be utf-8, base64, or hex");
  }
}
