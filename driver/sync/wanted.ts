import { messageOf } from "../../core/index.ts";
import type { KubeObject, SecretProviderClass } from "../../kube/index.ts";
import type { Rules } from "../behaviour.ts";
import { goErrorText, isErrnoError } from "../text/go-error.ts";
import { SyncFailure } from "./failure.ts";
import type { MountedFiles } from "./files.ts";
import { certificatePart, TLS_TYPE } from "./tls/index.ts";

export type SecretObject = NonNullable<NonNullable<SecretProviderClass["spec"]>["secretObjects"]>[number];

/** A Secret as the API has it; data are base64. */
export type Secret = KubeObject & { type?: string; data?: Record<string, string>; immutable?: boolean };

/** The label by which a driver knows the Secrets that drivers made. */
export const MANAGED_LABEL = "secrets-store.csi.k8s.io/managed";
/** In `hardened`: which SecretProviderClass a Secret comes from, so that two never fight over one. */
export const CLASS_ANNOTATION = "secrets-store.csi.k8s.io/secret-provider-class";

const DEFAULT_TYPE = "Opaque";

/** What a SecretProviderClass asks for, in the class's namespace. Owners are another matter. */
export type WantedSecret = {
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** base64 */
  readonly data: Readonly<Record<string, string>>;
};

/** The name that a Secret gets: spaces around it are nobody's. */
export function secretNameOf(object: SecretObject): string {
  return (object.secretName ?? "").trim();
}

/**
 * Why the SecretProviderClass cannot mean this object; undefined when it can. `hardened` takes a missing type for
 * Opaque, as the documentation says (B16). Pure.
 */
export function invalidity(object: SecretObject, rules: Rules): string | undefined {
  if ((object.secretName ?? "") === "") return "secret name is empty";
  if (rules.has("B16") && (object.type ?? "") === "") return "secret type is empty";
  if ((object.data ?? []).length === 0) return "data is empty";
  return undefined;
}

/**
 * The Secret of one entry of `secretObjects`, made of the volume's files.
 * @throws SyncFailure `invalid`, `data`
 */
export async function wantedSecret(
  object: SecretObject,
  spc: SecretProviderClass,
  files: MountedFiles,
  rules: Rules,
): Promise<WantedSecret> {
  const invalid = invalidity(object, rules);
  const { name: className = "", namespace = "" } = spc.metadata;
  if (invalid !== undefined) {
    const message = `failed to validate secret object in spc ${namespace}/${className}, err: ${invalid}`;
    throw new SyncFailure("invalid", message);
  }
  const type = (object.type ?? "").trim() || DEFAULT_TYPE;
  const name = secretNameOf(object);
  try {
    return {
      name,
      namespace,
      type,
      labels: { ...object.labels, [MANAGED_LABEL]: "true" },
      annotations: { ...object.annotations, ...(!rules.has("B3") && { [CLASS_ANNOTATION]: className }) },
      data: await secretData(object.data ?? [], type, files, rules),
    };
  } catch (error) {
    const message = `failed to get data in spc ${namespace}/${className} for secret ${name}, err: ${messageOf(error)}`;
    throw new SyncFailure("data", message, error);
  }
}

/**
 * Key by key from the files; of two entries with one key the later one counts, and one bad entry spoils the whole.
 * @throws Error with upstream's words
 */
export async function secretData(
  entries: NonNullable<SecretObject["data"]>,
  type: string,
  files: MountedFiles,
  rules: Rules,
): Promise<Record<string, string>> {
  const data = new Map<string, string>();
  for (const entry of entries) {
    const objectName = (entry.objectName ?? "").trim();
    const key = (entry.key ?? "").trim();
    if (objectName === "") throw new Error("object name in secretObjects.data");
    if (key === "") throw new Error("key in secretObjects.data is empty");
    const file = files.get(objectName);
    if (file === undefined) throw new Error(`file matching objectName ${objectName} not found in the pod`);
    const contents = contentsOf(objectName, file);
    const value = type === TLS_TYPE ? await partOf(file.path, contents, key, rules) : contents;
    data.set(key, Buffer.from(value).toString("base64"));
  }
  return Object.fromEntries(data);
}

function contentsOf(objectName: string, file: { read(): Uint8Array }): Uint8Array {
  try {
    return file.read();
  } catch (error) {
    const text = isErrnoError(error) ? goErrorText(error) : messageOf(error);
    throw new Error(`failed to read file ${objectName}, err: ${text}`, { cause: error });
  }
}

async function partOf(path: string, contents: Uint8Array, key: string, rules: Rules): Promise<string> {
  try {
    return await certificatePart(contents, key, rules);
  } catch (error) {
    throw new Error(`failed to get cert data from file ${path}, err: ${messageOf(error)}`, { cause: error });
  }
}
