import { ProviderCrash } from "../kit/index.ts";
import type { RegionCredentials } from "./credentials.ts";
import { AwsFailure } from "./failure.ts";
import type { AwsObject, ObjectRequest } from "./objects.ts";
import { call, fromRegions, type StoreParts } from "./store.ts";
import { type Value, valuesOf } from "./value.ts";

/** As many names as GetParameters takes. */
const BATCH = 10;

/** In the portions that they are asked for. */
export function batchesOf<T>(objects: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < objects.length; at += BATCH) batches.push(objects.slice(at, at + BATCH));
  return batches;
}

/** One batch: each region is asked, and the first that has a parameter counts. Always fetched: held versions say nothing. */
export async function fetchParameters(
  batch: readonly AwsObject[],
  parts: StoreParts,
  signal: AbortSignal,
): Promise<Value[]> {
  const names = parts.behaviour === "hardened" ? ` (${batch.map(({ objectName }) => objectName).join(", ")})` : "";
  return await fromRegions(
    parts,
    (region, isFailover) => fromRegion(batch, region, isFailover, parts, signal),
    `Failed to fetch parameters from all regions.${names}`,
    signal,
  );
}

type Parameter = { readonly Name?: string; readonly ARN?: string; readonly Value?: string; readonly Version?: number };
type Answer = { readonly Parameters?: readonly Parameter[]; readonly InvalidParameters?: readonly string[] };

async function fromRegion(
  batch: readonly AwsObject[],
  region: RegionCredentials,
  isFailover: boolean,
  parts: StoreParts,
  signal: AbortSignal,
): Promise<Value[] | undefined> {
  const requestOf = (object: AwsObject): ObjectRequest => (isFailover ? object.failover : object.primary);
  const answer = await ask(
    batch.map((object) => selectorOf(requestOf(object))),
    region,
    parts,
    signal,
  );
  const { Parameters = [], InvalidParameters = [] } = answer;
  if (InvalidParameters.length > 0)
    throw new AwsFailure(`400: ${region.region}: invalid parameters: ${[...new Set(InvalidParameters)].join(", ")}`, {
      isFatal: true,
    });
  const pairs = Parameters.flatMap((parameter, index) =>
    objectsOf(parameter, index, batch, requestOf, parts).map((object) => ({ object, parameter })),
  );
  if (parts.behaviour === "hardened") {
    const unanswered = batch.filter((object) => pairs.every((pair) => pair.object !== object));
    const missing: string[] = [];
    for (const object of unanswered) {
      // A store may answer once what was asked for twice: moto does.
      const selector = selectorOf(requestOf(object));
      const twin = pairs.find((pair) => selectorOf(requestOf(pair.object)) === selector);
      if (twin === undefined) missing.push(object.objectName);
      else pairs.push({ object, parameter: twin.parameter });
    }
    if (missing.length > 0)
      throw new AwsFailure(`${region.region}: Parameter Store answered nothing for: ${missing.join(", ")}`);
  }
  const values: Value[] = [];
  for (const { object, parameter } of pairs) {
    let made: Value[];
    try {
      made = await valuesOf(object, Buffer.from(parameter.Value ?? ""));
    } catch (error) {
      throw new AwsFailure(`${region.region}: ${error instanceof Error ? error.message : error}`);
    }
    values.push(...made);
    for (const { fileName } of made) parts.versions.set(fileName, String(parameter.Version ?? 0));
  }
  return values.length === 0 ? undefined : values;
}

/** `name`, `name:3` or `name:label` */
function selectorOf({ name, version, label }: ObjectRequest): string {
  const selected = version || label;
  return selected === "" ? name : `${name}:${selected}`;
}

/** Which objects an answer is for: by name, then by ARN; of several under one name the real provider serves the last. */
function objectsOf(
  { Name = "", ARN = "" }: Parameter,
  index: number,
  batch: readonly AwsObject[],
  requestOf: (object: AwsObject) => ObjectRequest,
  { behaviour }: StoreParts,
): readonly AwsObject[] {
  const under = (name: string): readonly AwsObject[] => batch.filter((object) => requestOf(object).name === name);
  const byName = under(Name);
  const found = byName.length > 0 ? byName : under(ARN);
  if (found.length === 0) {
    if (behaviour === "upstream")
      throw new ProviderCrash("invalid memory address or nil pointer dereference: a parameter nobody asked for");
    throw new AwsFailure(`Parameter Store answered with the parameter ${JSON.stringify(Name)}, which nobody asked for`);
  }
  if (behaviour === "upstream" || found.length === 1) return found.slice(-1);
  // Asked for twice it is answered twice, each in its place.
  const own = batch[index];
  return own !== undefined && found.includes(own) ? [own] : found;
}

async function ask(
  names: readonly string[],
  region: RegionCredentials,
  parts: StoreParts,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await call<Answer>(
      {
        service: "SSM",
        name: "GetParameters",
        load: async () => {
          const { SSMClient, GetParametersCommand } = await parts.sdk.load(() => import("@aws-sdk/client-ssm"));
          const command = new GetParametersCommand({ Names: [...names], WithDecryption: true });
          return { Client: SSMClient, command };
        },
      },
      region,
      parts,
      signal,
    );
  } catch (error) {
    throw error instanceof AwsFailure ? error.behind(`${region.region}: Failed fetching parameters: `) : error;
  }
}
