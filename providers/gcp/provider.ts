import { parseBool } from "../../core/go/index.ts";
import { crc32c, MountproofError, messageOf, systemRandom } from "../../core/index.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { createHttpClient, type HttpClient } from "../../net/index.ts";
import {
  fetchAll,
  GrpcError,
  GrpcStatus,
  type MountContext,
  type Mounted,
  type MountRequest,
  type Provider,
  type ProviderBehaviour,
  ProviderCrash,
} from "../kit/index.ts";
import type { TokenSource } from "./credentials.ts";
import { jsonKey, yamlKey } from "./extract.ts";
import { mountFailure, type ObjectFailure } from "./failure.ts";
import { type CallLimits, type Fetched, Google } from "./google.ts";
import { Metadata } from "./metadata.ts";
import { CallMetrics } from "./metrics.ts";
import { type GcpObject, MAX_INT32, parseParameters } from "./parameters.ts";
import { resourceOf } from "./resource.ts";
import { DEFAULTS, type GcpProviderSpec, variable } from "./spec.ts";
import { tokenSource } from "./tokens.ts";

const BOTH_KEYS = "both ExtractJSONKey and ExtractYAMLKey can't be simultaneously non empty strings";
/** Of the time the driver gives, the part that a store may use up: the rest is for telling what it did. */
const SHARE_OF_STORE = 0.8;

type Got = { readonly contents: Uint8Array; readonly version: string };

/** The reference GCP provider: Secret Manager and Parameter Manager with the pod's own identity. */
export class GcpProvider implements Provider {
  readonly runtimeName = DEFAULTS.userAgent;
  readonly runtimeVersion: string;
  readonly metrics = new CallMetrics();
  readonly #spec: GcpProviderSpec;
  readonly #behaviour: ProviderBehaviour;
  readonly #allowsNodePublishSecret: boolean | undefined;
  readonly #kube: KubeClient;
  readonly #http: HttpClient;
  readonly #metadata: Metadata;
  readonly #google: Google;

  /** @throws MountproofError `invalid_config` in `hardened`, where the real provider would die of its first mount */
  constructor(spec: GcpProviderSpec) {
    const { clock, dialer, caPem, random = systemRandom() } = spec;
    this.#spec = spec;
    this.#behaviour = spec.behaviour ?? "hardened";
    this.runtimeVersion = this.#behaviour === "upstream" ? "" : "mountproof";
    this.#allowsNodePublishSecret = allowance(spec, this.#behaviour);
    const net = { clock, ...(dialer !== undefined && { dialer }) };
    const google = { ...net, ...(caPem !== undefined && { caPem }) };
    this.#kube = createKubeClient(spec.kubeConfig, net);
    this.#http = createHttpClient(google);
    this.#metadata = new Metadata({ clock, random, http: this.#http, host: variable(spec, "GCE_METADATA_HOST") });
    this.#google = new Google({
      ...google,
      random,
      behaviour: this.#behaviour,
      onCall: (kind, status, tookMs) => this.metrics.record(kind, status, tookMs),
    });
  }

  /** Parameters, token, then every object. */
  async mount(request: MountRequest, context: MountContext): Promise<Mounted> {
    if (this.#allowsNodePublishSecret === undefined)
      throw new ProviderCrash("ALLOW_NODE_PUBLISH_SECRET holds no boolean");
    const parameters = parseParameters(request, this.#allowsNodePublishSecret);
    const isHardened = this.#behaviour === "hardened";
    if (isHardened && parameters.permission > MAX_INT32) throw badPermission(parameters.permission);
    if (isHardened && parameters.objects.includes(undefined))
      throw new GrpcError(GrpcStatus.INVALID_ARGUMENT, "failed to unmarshal secrets attribute: an entry is null");
    const limits: CallLimits = { signal: context.signal, budgetMs: this.#budget(context) };
    const source = await tokenSource(
      {
        spec: this.#spec,
        kube: this.#kube,
        http: this.#http,
        metadata: this.#metadata,
        google: this.#google,
        onExchange: (status, tookMs) =>
          this.metrics.record("gcp_iam_get_id_bind_token_requests", String(status), tookMs),
      },
      parameters,
      request,
      limits,
    );
    const objects = parameters.objects.map((object) => {
      if (object === undefined)
        throw new ProviderCrash("invalid memory address or nil pointer dereference: a null entry");
      return object;
    });
    const got = isHardened
      ? await this.#inOrder(objects, source, limits)
      : await this.#allAtOnce(objects, source, limits);
    if (parameters.permission > MAX_INT32) throw badPermission(parameters.permission);
    return {
      files: objects.map((object, index) => ({
        path: object.path || object.fileName,
        mode: object.mode ?? parameters.permission,
        contents: got[index]?.contents ?? new Uint8Array(),
      })),
      versions: objects.map(({ resourceName }, index) => ({ id: resourceName, version: got[index]?.version ?? "" })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#google[Symbol.dispose]();
    await this.#http[Symbol.asyncDispose]();
    await this.#kube[Symbol.asyncDispose]();
  }

  #budget({ deadline }: MountContext): number {
    if (deadline === undefined) return DEFAULTS.callMs;
    return this.#behaviour === "upstream" ? deadline.remaining() : deadline.remaining() * SHARE_OF_STORE;
  }

  /** Up to eight at once; the first that failed in the list's order is the one that is told of. */
  async #inOrder(objects: readonly GcpObject[], source: TokenSource, limits: CallLimits): Promise<Got[]> {
    return await fetchAll(objects, "hardened", async (object) => {
      try {
        return await this.#fetch(object, source, limits);
      } catch (error) {
        if (limits.signal.aborted) throw error;
        throw mountFailure([{ object, error }]);
      }
    });
  }

  /**
   * As the real provider does it: all of them at once, the last entry first, since Go runs the newest goroutine first;
   * entries that share resource and names share one result, and who ends last wins.
   */
  async #allAtOnce(objects: readonly GcpObject[], source: TokenSource, limits: CallLimits): Promise<Got[]> {
    const slots = new Map<string, Got>();
    const failures: ObjectFailure[] = [];
    const slotOf = ({ resourceName, fileName, path }: GcpObject): string =>
      JSON.stringify([resourceName, fileName, path]);
    const fetch = async (object: GcpObject): Promise<void> => {
      try {
        slots.set(slotOf(object), await this.#fetch(object, source, limits));
      } catch (error) {
        if (limits.signal.aborted || error instanceof ProviderCrash) throw error;
        failures.push({ object, error });
      }
    };
    await Promise.all([...objects.slice(-1), ...objects.slice(0, -1)].map(fetch));
    if (failures.length > 0) throw mountFailure(failures);
    return objects.map((object) => slots.get(slotOf(object)) as Got);
  }

  async #fetch(object: GcpObject, source: TokenSource, limits: CallLimits): Promise<Got> {
    const { resourceName, extractJsonKey, extractYamlKey } = object;
    const { service, host } = resourceOf(resourceName);
    const token = await source(limits.signal);
    const fetched =
      service === "secretmanager"
        ? await this.#google.accessSecret(host, resourceName, token, limits)
        : await this.#google.renderParameter(host, resourceName, token, limits);
    const contents = this.#contentsOf(fetched, resourceName);
    const { version } = fetched;
    if (extractJsonKey !== "" && extractYamlKey !== "")
      // The real provider hands the secret's name to fmt as a format.
      throw new Error(
        service === "secretmanager" && this.#behaviour === "upstream"
          ? `${resourceName}%!(EXTRA string=${BOTH_KEYS})`
          : BOTH_KEYS,
      );
    if (extractJsonKey !== "") return { version, contents: jsonKey(contents, extractJsonKey) };
    if (extractYamlKey !== "") return { version, contents: yamlKey(contents, extractYamlKey) };
    return { version, contents };
  }

  #contentsOf({ contents, checksum }: Fetched, resourceName: string): Uint8Array {
    if (this.#behaviour === "upstream") {
      if (contents === undefined)
        throw new ProviderCrash("invalid memory address or nil pointer dereference: an answer without a payload");
      return contents;
    }
    if (contents === undefined)
      throw new GrpcError(GrpcStatus.DATA_LOSS, `the answer for ${resourceName} has no payload`);
    if (checksum !== undefined && checksum !== BigInt(crc32c(contents)))
      throw new GrpcError(GrpcStatus.DATA_LOSS, `the payload of ${resourceName} does not match its checksum`);
    return contents;
  }
}

/** Undefined where the real provider would die of its first mount. */
function allowance(spec: GcpProviderSpec, behaviour: ProviderBehaviour): boolean | undefined {
  const text = variable(spec, "ALLOW_NODE_PUBLISH_SECRET");
  if (text === "") return false;
  try {
    return parseBool(text);
  } catch (error) {
    if (behaviour === "upstream") return undefined;
    throw new MountproofError("invalid_config", {
      message: `ALLOW_NODE_PUBLISH_SECRET "${text}" is no boolean: ${messageOf(error)}`,
      hint: "set it to true or false, or leave it out",
    });
  }
}

function badPermission(permission: number): GrpcError {
  return new GrpcError(GrpcStatus.UNKNOWN, `invalid file permission ${permission}`);
}
