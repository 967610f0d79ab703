import { goJsonError, goTokenOf } from "../../core/go/index.ts";

/** What the driver says of the pod, by the names of the CSI volume context. */
export type PodIdentity = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly serviceAccount: string;
};

const POD = "csi.storage.k8s.io/pod.";
const ACCOUNT = "csi.storage.k8s.io/serviceAccount.name";
const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";

/**
 * A Go string map out of JSON text, as `json.Unmarshal` into `map[string]string` reads it.
 * @throws Error with Go's own words
 */
export function stringMap(text: string): ReadonlyMap<string, string> {
  const value = parse(text);
  if (value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(mismatch(value, "map[string]string"));
  const map = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null) map.set(key, "");
    else if (typeof entry === "string") map.set(key, entry);
    else throw new Error(mismatch(entry, "string"));
  }
  return map;
}

/** Who asks; what the driver left out is empty. */
export function podOf(attributes: ReadonlyMap<string, string>): PodIdentity {
  return {
    name: attributes.get(`${POD}name`) ?? "",
    namespace: attributes.get(`${POD}namespace`) ?? "",
    uid: attributes.get(`${POD}uid`) ?? "",
    serviceAccount: attributes.get(ACCOUNT) ?? "",
  };
}

type Token = { readonly token?: string; readonly expirationTimestamp?: string };

/**
 * The pod's ServiceAccount tokens by audience. Kubernetes 1.36 may send them in the request's secrets instead.
 * @throws Error with Go's own words for text that is none
 */
export function tokensOf(
  attributes: ReadonlyMap<string, string>,
  secrets?: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const text = secrets?.get(TOKENS) || attributes.get(TOKENS) || "";
  if (text === "") return new Map();
  const value = parse(text);
  if (value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(mismatch(value, TOKENS_TYPE));
  const entries = Object.entries(value as Record<string, Token | null>);
  return new Map(entries.map(([audience, token]) => [audience, token?.token ?? ""]));
}

const TOKENS_TYPE =
  'map[string]struct { Token string "json:\\"token\\""; ExpirationTimestamp string "json:\\"expirationTimestamp\\"" }';

/**
 * The volume's file mode, a JSON number in decimal.
 * @throws Error with Go's own words
 */
export function permissionOf(text: string): number {
  const value = parse(text);
  if (value === null) return 0;
  if (typeof value !== "number") throw new Error(mismatch(value, "fs.FileMode"));
  if (!/^\d+$/.test(text.trim()) || value > 2 ** 32 - 1)
    throw new Error(`json: cannot unmarshal number ${text.trim()} into Go value of type fs.FileMode`);
  return value;
}

function parse(text: string): unknown {
  const problem = goJsonError(text);
  if (problem !== undefined) throw new Error(problem);
  return JSON.parse(text);
}

function mismatch(value: unknown, type: string): string {
  return `json: cannot unmarshal ${goTokenOf(value)} into Go value of type ${type}`;
}
