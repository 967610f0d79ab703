import { createHmac, randomBytes } from "node:crypto";
import { goJson, goString } from "../../core/go/index.ts";
import { isKubeStatus, type KubeClient, type KubeObject, Secrets } from "../../kube/index.ts";
import type { VaultObject } from "./parameters.ts";

/** Base64url, padded, of HMAC-SHA256 over the object's configuration and its bytes. */
export function objectVersion(key: Buffer, object: VaultObject, contents: Uint8Array): string {
  const config =
    `{"ObjectName":${goString(object.objectName)},"SecretPath":${goString(object.secretPath)},` +
    `"SecretKey":${goString(object.secretKey)},"Method":${goString(object.method)},` +
    `"SecretArgs":${object.secretArgs === null ? "null" : goJson(object.secretArgs)},` +
    `"FilePermission":${object.filePermission},"Encoding":${goString(object.encoding)}}`;
  const digest = createHmac("sha256", key).update(config).update(contents).digest("base64");
  return digest.replaceAll("+", "-").replaceAll("/", "_");
}

const KEY_BYTES = 32;

/**
 * The key that versions are made with: a Secret of the provider's own, made by the first who needs it.
 * @throws KubeStatusError or MountproofError when it can be neither read nor made; Error when it holds no key
 */
export async function hmacKey(
  kube: KubeClient,
  namespace: string,
  name: string,
  turn: () => Promise<void>,
): Promise<Buffer> {
  await turn();
  const known = await kube.find(Secrets, name, namespace);
  if (known !== undefined) return keyIn(known);
  const secret: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    data: { key: randomBytes(KEY_BYTES).toString("base64") },
    immutable: true,
  };
  try {
    await turn();
    return keyIn(await kube.create(Secrets, secret));
  } catch (error) {
    // Another provider pod was faster: its key counts.
    if (!isKubeStatus(error, "AlreadyExists")) throw error;
    await turn();
    return keyIn(await kube.get(Secrets, name, namespace));
  }
}

function keyIn(secret: KubeObject): Buffer {
  const { key } = (secret["data"] ?? {}) as { key?: string };
  if (!key) throw new Error("expected secret to have data field 'key'");
  return Buffer.from(key, "base64");
}
