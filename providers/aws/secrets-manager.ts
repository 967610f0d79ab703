import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProviderCrash } from "../kit/index.ts";
import type { RegionCredentials } from "./credentials.ts";
import { AwsFailure } from "./failure.ts";
import { goErrno } from "./files.ts";
import type { AwsObject } from "./objects.ts";
import { call, fromRegions, type StoreParts } from "./store.ts";
import { type Value, valuesOf } from "./value.ts";

const CURRENT = "AWSCURRENT";

/**
 * One object of Secrets Manager: each region is asked, also after one has answered, and the first answer's value
 * counts; the version is that of the last region that answered, as in the real provider.
 */
export async function fetchSecret(object: AwsObject, parts: StoreParts, signal: AbortSignal): Promise<Value[]> {
  return await fromRegions(
    parts,
    (region, isFailover) => fromRegion(object, region, isFailover, parts, signal),
    `Failed to fetch secret from all regions. Verify secret exists and required permissions are granted for: ${object.objectName}`,
    signal,
  );
}

async function fromRegion(
  object: AwsObject,
  region: RegionCredentials,
  isFailover: boolean,
  parts: StoreParts,
  signal: AbortSignal,
): Promise<Value[]> {
  const held = parts.versions.get(object.fileName);
  const isCurrent = held !== undefined && (await isHeldCurrent(object, held, region, isFailover, parts, signal));
  const kept = isCurrent ? await reread(object, isFailover, parts) : undefined;
  const secret =
    kept === undefined
      ? await getValue(object, region, isFailover, parts, signal)
      : { contents: kept, version: held ?? "" };
  const values = await valuesOf(object, secret.contents);
  for (const { fileName } of values) parts.versions.set(fileName, secret.version);
  return values;
}

/** By the version that the class names, else by the label on the held one. */
async function isHeldCurrent(
  object: AwsObject,
  held: string,
  region: RegionCredentials,
  isFailover: boolean,
  parts: StoreParts,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, version, label } = isFailover ? object.failover : object.primary;
  if (version !== "") return version === held;
  type Described = { readonly VersionIdsToStages?: Readonly<Record<string, readonly string[]>> };
  const described = await named(`${region.region}: Failed to describe secret ${object.objectName}: `, () =>
    call<Described>(
      {
        service: "Secrets Manager",
        name: "DescribeSecret",
        load: async () => {
          const { SecretsManagerClient, DescribeSecretCommand } = await parts.sdk.load(
            () => import("@aws-sdk/client-secrets-manager"),
          );
          return { Client: SecretsManagerClient, command: new DescribeSecretCommand({ SecretId: name }) };
        },
      },
      region,
      parts,
      signal,
    ),
  );
  return described.VersionIdsToStages?.[held]?.includes(label || CURRENT) === true;
}

/**
 * What stands in the volume already.
 * @returns undefined where it is gone and a hardened provider fetches anew, which heals the volume
 */
async function reread(object: AwsObject, isFailover: boolean, parts: StoreParts): Promise<Uint8Array | undefined> {
  const path = join(parts.targetPath, object.fileName);
  try {
    return await parts.clock.activity.track("a secret is read again", () => readFile(path));
  } catch (error) {
    // At a first mount the primary region's value is not written yet: there is nothing to heal in the second region.
    if (parts.behaviour === "hardened" && !isFailover) return undefined;
    throw new AwsFailure(`failed to read secret ${object.objectName}: open ${path}: ${goErrno(error)}`);
  }
}

async function getValue(
  object: AwsObject,
  region: RegionCredentials,
  isFailover: boolean,
  parts: StoreParts,
  signal: AbortSignal,
): Promise<{ readonly contents: Uint8Array; readonly version: string }> {
  const { name, version, label } = isFailover ? object.failover : object.primary;
  type Got = { readonly SecretString?: string; readonly SecretBinary?: Uint8Array; readonly VersionId?: string };
  const got = await named(`${region.region}: Failed fetching secret ${object.objectName}: `, () =>
    call<Got>(
      {
        service: "Secrets Manager",
        name: "GetSecretValue",
        load: async () => {
          const { SecretsManagerClient, GetSecretValueCommand } = await parts.sdk.load(
            () => import("@aws-sdk/client-secrets-manager"),
          );
          const command = new GetSecretValueCommand({
            SecretId: name,
            ...(version !== "" && { VersionId: version }),
            ...(label !== "" && { VersionStage: label }),
          });
          return { Client: SecretsManagerClient, command };
        },
      },
      region,
      parts,
      signal,
    ),
  );
  const { SecretString, SecretBinary, VersionId } = got;
  if (VersionId === undefined) {
    if (parts.behaviour === "upstream")
      throw new ProviderCrash("invalid memory address or nil pointer dereference: a value without a VersionId");
    throw new AwsFailure(
      `${region.region}: Failed fetching secret ${object.objectName}: Secrets Manager answered without a VersionId`,
    );
  }
  return {
    contents: SecretString === undefined ? (SecretBinary ?? Buffer.alloc(0)) : Buffer.from(SecretString),
    version: VersionId,
  };
}

async function named<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AwsFailure ? error.behind(prefix) : error;
  }
}
