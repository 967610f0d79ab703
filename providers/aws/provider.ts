import { systemRandom } from "../../core/index.ts";
import { createKubeClient } from "../../kube/index.ts";
import {
  fetchAll,
  type MountContext,
  type Mounted,
  type MountRequest,
  type Provider,
  type ProviderBehaviour,
} from "../kit/index.ts";
import { agentOf, type Identity, RegionCredentials } from "./credentials.ts";
import { writeFiles } from "./files.ts";
import { KubeReader } from "./kube-reader.ts";
import { type AwsObject, parseObjects } from "./objects.ts";
import { batchesOf, fetchParameters } from "./parameter-store.ts";
import { type AwsParameters, parseParameters, tokenFor, usesPodIdentity } from "./parameters.ts";
import { regionsOf } from "./region.ts";
import { AwsSdk } from "./sdk.ts";
import { fetchSecret } from "./secrets-manager.ts";
import { type AwsProviderSpec, DEFAULTS, ROLE_ANNOTATION } from "./spec.ts";
import type { StoreParts } from "./store.ts";
import type { Value } from "./value.ts";

const NAME = "secrets-store-csi-driver-provider-aws";

/** A portion of the objects that one task fetches, and where its first object stands in the list. */
type Task = { readonly at: number; readonly run: (parts: StoreParts, signal: AbortSignal) => Promise<Value[]> };

/** The reference AWS provider: becomes the pod at STS or at the Pod Identity agent, reads, extracts. */
export class AwsProvider implements Provider {
  readonly runtimeName = NAME;
  readonly runtimeVersion: string;
  readonly #spec: AwsProviderSpec;
  readonly #behaviour: ProviderBehaviour;
  readonly #kube: KubeReader;
  readonly #sdk: AwsSdk;
  /** Of the newest mount: the real provider keeps one for the whole process. */
  #permission = 0;

  constructor(spec: AwsProviderSpec) {
    const { clock, dialer, kubeConfig, caPem, eksAddonVersion = "", environment = {} } = spec;
    this.#spec = spec;
    this.#behaviour = spec.behaviour ?? "hardened";
    this.runtimeVersion = this.#behaviour === "upstream" ? "" : "mountproof";
    const client =
      kubeConfig === undefined ? undefined : createKubeClient(kubeConfig, { clock, ...(dialer && { dialer }) });
    this.#kube = new KubeReader(client, clock, { qps: spec.qps ?? DEFAULTS.qps, burst: spec.burst ?? DEFAULTS.burst });
    this.#sdk = new AwsSdk({
      clock,
      environment,
      appId: `${NAME}-${eksAddonVersion || "unknown"}`,
      ...(dialer !== undefined && { dialer }),
      ...(caPem !== undefined && { caPem }),
    });
  }

  /** Parameters, regions, identity, objects, then each object; nothing is written before all are fetched. */
  async mount(request: MountRequest, context: MountContext): Promise<Mounted> {
    const { signal } = context;
    const behaviour = this.#behaviour;
    const parameters = parseParameters(request, behaviour);
    this.#permission = parameters.permission;
    const regions = await this.#regions(parameters, signal);
    const identity = await this.#identity(parameters, signal);
    const objects = parseObjects(parameters.objects, parameters.pathTranslation, regions, behaviour);
    const parts = this.#parts(parameters, regions, identity, request.currentVersions, context);
    const fetched = await fetchAll(this.#tasks(objects), behaviour, (task) => task.run(parts, signal));
    const files = fetched.flat().map((value) => ({
      path: value.fileName,
      mode: this.#modeOf(value, parameters),
      contents: value.contents,
    }));
    const versions = [...parts.versions].map(([id, version]) => ({ id, version }));
    if (this.#spec.driverWritesSecrets ?? behaviour === "hardened") return { files, versions };
    const written = files.map(({ path, mode, contents }) => ({ fileName: path, mode, contents }));
    await writeFiles(parameters.targetPath, written, behaviour, this.#random);
    return { files: [], versions };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kube[Symbol.asyncDispose]();
    await this.#sdk[Symbol.asyncDispose]();
  }

  get #random() {
    return this.#spec.random ?? systemRandom();
  }

  async #regions({ region, failoverRegion, pod }: AwsParameters, signal: AbortSignal): Promise<string[]> {
    const ownRegion = this.#spec.environment?.["AWS_REGION"] ?? "";
    return await regionsOf({ region, failoverRegion, ownRegion, pod }, this.#kube, signal);
  }

  async #identity(parameters: AwsParameters, signal: AbortSignal): Promise<Identity> {
    const { pod, tokens } = parameters;
    if (usesPodIdentity(parameters.usePodIdentity)) {
      const { podIdentityHttpTimeoutMs: timeoutMs } = this.#spec;
      return {
        kind: "pod-identity",
        token: tokenFor("podIdentity", tokens),
        agent: agentOf(parameters.preferredAddressType),
        ...(timeoutMs !== undefined && { timeoutMs }),
      };
    }
    const token = tokenFor("irsa", tokens);
    const { namespace, serviceAccount } = pod;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}`;
    const account = await this.#kube.get(path, signal).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw new Error(`failed to get service account ${namespace}/${serviceAccount}: ${(error as Error).message}`);
    });
    const roleArn = account.metadata.annotations?.[ROLE_ANNOTATION] ?? "";
    if (roleArn === "")
      throw new Error(
        `An IAM role must be associated with service account ${serviceAccount} (namespace: ${namespace})`,
      );
    return { kind: "irsa", roleArn, token };
  }

  #parts(
    { targetPath }: AwsParameters,
    regions: readonly string[],
    identity: Identity,
    held: ReadonlyMap<string, string>,
    { log }: MountContext,
  ): StoreParts {
    const { clock, environment } = this.#spec;
    const shared = { clock, random: this.#random, behaviour: this.#behaviour, sdk: this.#sdk };
    return {
      ...shared,
      log,
      maxAttempts: Number(environment?.["AWS_MAX_ATTEMPTS"] ?? DEFAULTS.maxAttempts),
      regions: regions.map((region) => new RegionCredentials(region, identity, shared)),
      targetPath,
      versions: new Map(held),
    };
  }

  /** `upstream`: one store after the other, drawn which first. `hardened`: in the order of the list. */
  #tasks(objects: readonly AwsObject[]): Task[] {
    const placed = objects.map((object, at) => ({ object, at }));
    const ofSecrets = placed
      .filter(({ object }) => object.type === "secretsmanager")
      .map(({ object, at }): Task => ({ at, run: (parts, signal) => fetchSecret(object, parts, signal) }));
    const parameters = placed.filter(({ object }) => object.type === "ssmparameter");
    const ofParameters = batchesOf(parameters).map(
      (batch): Task => ({
        at: batch[0]?.at ?? 0,
        run: (parts, signal) =>
          fetchParameters(
            batch.map(({ object }) => object),
            parts,
            signal,
          ),
      }),
    );
    if (this.#behaviour === "hardened") return [...ofSecrets, ...ofParameters].sort((a, b) => a.at - b.at);
    if (ofSecrets.length === 0 || ofParameters.length === 0) return [...ofSecrets, ...ofParameters];
    return this.#random.next() < 0.5 ? [...ofSecrets, ...ofParameters] : [...ofParameters, ...ofSecrets];
  }

  #modeOf({ filePermission }: Value, { permission }: AwsParameters): number {
    if (this.#behaviour === "upstream")
      return filePermission === "" ? this.#permission : Number.parseInt(filePermission, 8);
    return (filePermission === "" ? permission : Number.parseInt(filePermission, 8)) & 0o777;
  }
}
