import type { Clock, Log, Random } from "../../core/index.ts";
import { type ProviderBehaviour, ProviderCrash } from "../kit/index.ts";
import type { RegionCredentials } from "./credentials.ts";
import { AwsFailure } from "./failure.ts";
import { isRegionName } from "./region.ts";
import { retried } from "./retry.ts";
import type { AwsSdk, Credentials, ServiceName } from "./sdk.ts";

/** What both stores need to be asked. */
export type StoreParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly behaviour: ProviderBehaviour;
  readonly sdk: AwsSdk;
  /** For the SDK's calls, not for those that fetch credentials. */
  readonly maxAttempts: number;
  /** One a region, the primary one first. */
  readonly regions: readonly RegionCredentials[];
  readonly targetPath: string;
  /** Held versions by file name; grows by what is fetched. */
  readonly versions: Map<string, string>;
};

/** Making one costs more than a call: a mount has one a service and region. */
export type ClientOf = new (config: ReturnType<AwsSdk["configOf"]>) => object;

/** An operation of one of the SDK's clients. */
export type Operation<T> = {
  readonly service: ServiceName;
  readonly name: string;
  /** Loads the SDK: the service's client, and the command. */
  readonly load: () => Promise<{ readonly Client: ClientOf; readonly command: object }>;
  /** Never set: carries the type of the answer. */
  readonly answer?: T;
};

/**
 * Calls an operation in a region as the pod, with the attempts that the Go SDK would make.
 * @throws AwsFailure whose message begins with `operation error`
 */
export async function call<T>(
  operation: Operation<T>,
  region: RegionCredentials,
  { clock, random, sdk, maxAttempts }: StoreParts,
  signal: AbortSignal,
): Promise<T> {
  const { service, name } = operation;
  try {
    if (!isRegionName(region.region))
      throw new AwsFailure(
        `failed to resolve service endpoint, endpoint rule error, Invalid Configuration: the region ${JSON.stringify(region.region)} is no host label`,
      );
    return await retried(
      async () => {
        const credentials: Credentials = await region.get(signal);
        const { Client, command } = await operation.load();
        const client = region.clientFor(service, credentials, Client);
        const endpoint = sdk.endpointOf(service, region.region);
        return await sdk.send<T>(client, command, { operation: name, endpoint, signal });
      },
      { clock, random, signal, maxAttempts },
    );
  } catch (error) {
    throw error instanceof AwsFailure ? error.behind(`operation error ${service}: ${name}, `) : error;
  }
}

/**
 * Asks every region, the first answer counts. A failure that the operation's model knows as the caller's ends it at
 * once; others are logged, and only what the last region says is left.
 */
export async function fromRegions<T>(
  parts: StoreParts,
  ask: (region: RegionCredentials, isFailover: boolean) => Promise<T | undefined>,
  nothing: string,
  signal: AbortSignal,
): Promise<T> {
  let found: T | undefined;
  const causes: string[] = [];
  for (const [index, region] of parts.regions.entries()) {
    try {
      const answer = await ask(region, index > 0);
      found ??= answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ProviderCrash) throw error;
      if (error instanceof AwsFailure && error.isFatal) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      causes.push(cause);
      parts.log.warn(cause, { region: region.region });
    }
  }
  if (found !== undefined) return found;
  // The real provider tells its log alone why, and leaves the pod's owner to guess.
  throw new Error(
    parts.behaviour === "upstream" || causes.length === 0 ? nothing : `${nothing} (${causes.join("; ")})`,
  );
}
