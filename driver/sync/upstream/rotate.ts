import { createHash } from "node:crypto";
import { type Clock, messageOf, waiting } from "../../../core/index.ts";
import { type Informer, type KubeClient, type SecretProviderClass, Secrets } from "../../../kube/index.ts";
import type { Rules } from "../../behaviour.ts";
import { goErrorText, isErrnoError } from "../../text/go-error.ts";
import { mountedFiles } from "../files.ts";
import { invalidity, type Secret, type SecretObject, secretData, secretNameOf } from "../wanted.ts";

export type SecretRotationDeps = {
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly rules: Rules;
  /** Those that drivers made; no other is seen. */
  readonly secrets: Pick<Informer<Secret>, "get">;
  /** Tells the pod. */
  readonly tell: (type: "Normal" | "Warning", reason: string, message: string) => void;
};

const MAX_PATCHES = 5;
const BETWEEN_PATCHES_MS = 1;
const COMPLETE = "SecretRotationComplete";
const FAILED = "SecretRotationFailed";

/**
 * What the reconciler of drivers before v1.6 does with Secrets each time it comes by: rebuilds each from the volume's
 * files and patches it when the data differ. Completion is told every time, changed or not.
 * @throws Error naming every Secret that failed, after all were tried
 */
export async function rotateSecrets(
  spc: SecretProviderClass,
  targetPath: string,
  deps: SecretRotationDeps,
  signal: AbortSignal,
): Promise<void> {
  const objects = spc.spec?.secretObjects ?? [];
  if (objects.length === 0) return;
  const files = await attempt(async () => mountedFiles(targetPath));
  if (!files.isFine) {
    const message = `failed to get mounted files, err: ${files.text}`;
    deps.tell("Warning", FAILED, message);
    throw new Error(message);
  }
  const failures: string[] = [];
  for (const object of objects) {
    const failure = await rotateOne(object, spc, files.value, deps, signal);
    if (failure === undefined) {
      deps.tell("Normal", COMPLETE, `successfully rotated K8s secret ${secretNameOf(object)}`);
      continue;
    }
    deps.tell("Warning", FAILED, failure);
    failures.push(failure);
  }
  if (failures.length > 0) throw new Error(`failed to rotate one or more k8s secrets, err: ${failures.join(", ")}`);
}

/** @returns why it failed */
async function rotateOne(
  object: SecretObject,
  { metadata }: SecretProviderClass,
  files: ReturnType<typeof mountedFiles>,
  deps: SecretRotationDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const spcName = `${metadata.namespace}/${metadata.name}`;
  const name = secretNameOf(object);
  const invalid = invalidity(object, deps.rules);
  if (invalid !== undefined) return `failed validation for secret object in spc ${spcName}, err: ${invalid}`;
  const type = (object.type ?? "").trim() || "Opaque";
  const data = await attempt(() => secretData(object.data ?? [], type, files, deps.rules));
  if (!data.isFine) return `failed to get data in spc ${spcName} for secret ${name}, err: ${data.text}`;
  for (let patches = 1; patches <= MAX_PATCHES; patches++) {
    if (await patchOne(object.secretName ?? "", metadata.namespace ?? "", data.value, deps, signal)) return undefined;
    if (patches < MAX_PATCHES)
      await waiting(deps.clock, "waits to patch a Secret", () => deps.clock.sleep(BETWEEN_PATCHES_MS, { signal }));
  }
  return `failed to patch secret ${name} with new data, err: timed out waiting for the condition`;
}

async function patchOne(
  name: string,
  namespace: string,
  data: Readonly<Record<string, string>>,
  { kube, secrets }: SecretRotationDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const stored = secrets.get(name, namespace);
  if (stored === undefined) return false; // the controller of status objects makes it anew
  if (digestOf(stored.data ?? {}) === digestOf(data)) return true;
  try {
    await kube.patch(Secrets, { name, namespace }, "merge", { data }, { signal });
    return true;
  } catch {
    return false;
  }
}

function digestOf(data: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

type Attempt<T> = { readonly isFine: true; readonly value: T } | { readonly isFine: false; readonly text: string };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { isFine: true, value: await work() };
  } catch (error) {
    return { isFine: false, text: isErrnoError(error) ? goErrorText(error) : messageOf(error) };
  }
}
