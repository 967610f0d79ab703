import { messageOf, systemRandom } from "../../core/index.ts";
import { createHttpClient, type HttpClient } from "../../net/index.ts";
import {
  fetchAll,
  GrpcError,
  type MountContext,
  type Mounted,
  type MountedFile,
  type MountRequest,
  type ObjectVersion,
  type Provider,
  type ProviderBehaviour,
  ProviderCrash,
} from "../kit/index.ts";
import { AzureHttp } from "./azure-http.ts";
import { type CloudEnvironment, cloudOf, vaultUrl } from "./cloud.ts";
import { BareError, contentOf } from "./content/files.ts";
import { Identities } from "./identity/identities.ts";
import { type KeyVaultObject, nameOfObject } from "./objects.ts";
import { type AzureParameters, parseParameters, readRequest } from "./parameters.ts";
import { type AzureProviderSpec, DEFAULTS } from "./spec.ts";
import { type Collection, HttpKeyVaultClient, type KeyVaultClient } from "./vault/key-vault.ts";
import { SdkKeyVaultClient } from "./vault/sdk-client.ts";
import { latestVersions } from "./vault/versions.ts";

const PREFIX = "failed to mount objects, error: ";
const COLLECTIONS: Readonly<Record<string, Collection>> = { secret: "secrets", key: "keys", cert: "certificates" };
const UNKNOWN_TYPE = "Invalid vaultObjectTypes. Should be secret, key, or cert";

/** A version of an object, and where it goes. */
type Piece = { readonly object: KeyVaultObject; readonly version: string; readonly index?: number };
type Fetched = { readonly files: readonly MountedFile[]; readonly versions: readonly ObjectVersion[] };

/** The reference Azure Key Vault provider: gets a token as the pod, reads, converts. */
export class AzureProvider implements Provider {
  readonly runtimeName = "secrets-store-csi-driver-provider-azure";
  readonly runtimeVersion: string;
  readonly #spec: AzureProviderSpec;
  readonly #behaviour: ProviderBehaviour;
  readonly #http: HttpClient;
  readonly #azure: AzureHttp;
  readonly #identities: Identities;
  /** As the real provider sets it in its process' environment: a file that one mount names stays for all later. */
  #environmentFile: string;

  constructor(spec: AzureProviderSpec) {
    const { clock, random = systemRandom(), dialer, caPem } = spec;
    this.#spec = spec;
    this.#behaviour = spec.behaviour ?? "hardened";
    this.runtimeVersion = this.#behaviour === "upstream" ? "" : "mountproof";
    this.#environmentFile = spec.environment?.["AZURE_ENVIRONMENT_FILEPATH"] ?? "";
    this.#http = createHttpClient({ clock, ...(dialer && { dialer }), ...(caPem !== undefined && { caPem }) });
    this.#azure = new AzureHttp({ clock, random, http: this.#http });
    this.#identities = new Identities(spec, this.#azure);
  }

  /** Parameters, vault, identity, then each object in the list's order. */
  mount(request: MountRequest, context: MountContext): Promise<Mounted> {
    // The SDKs work between requests, too: until it waits for time or for somebody else, a mount is busy.
    return this.#spec.clock.activity.track("azure mount", () => this.#measured(request, context));
  }

  async #measured(request: MountRequest, context: MountContext): Promise<Mounted> {
    const { clock, metrics } = this.#spec;
    if (metrics === undefined) return await this.#mount(request, context);
    const began = clock.now();
    const tell = (code: string, message: string): void => metrics.mount(code, message, (clock.now() - began) / 1000);
    try {
      const mounted = await this.#mount(request, context);
      tell("OK", "");
      return mounted;
    } catch (error) {
      tell(error instanceof GrpcError ? error.codeName : "Unknown", messageOf(error));
      throw error;
    }
  }

  async #mount(request: MountRequest, { signal }: MountContext): Promise<Mounted> {
    const raw = readRequest(request);
    try {
      const parameters = await parseParameters(raw, (name, file) => this.#cloud(name, file), this.#behaviour);
      if (parameters.objects.length === 0) return { files: [], versions: [] };
      return await this.#fetch(parameters, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#shown(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#identities[Symbol.asyncDispose]();
    await this.#http[Symbol.asyncDispose]();
  }

  async #fetch(parameters: AzureParameters, signal: AbortSignal): Promise<Mounted> {
    const url = named("failed to get vault: ", () => vaultUrl(parameters.keyvaultName, parameters.cloud));
    const credential = named("failed to get keyvault client: ", () => this.#identities.credentialFor(parameters));
    const clients = new Map<Collection, KeyVaultClient>();
    const clientOf = (object: KeyVaultObject): KeyVaultClient => {
      const collection = COLLECTIONS[object.objectType];
      if (collection === undefined) throw new Error(UNKNOWN_TYPE);
      const known = clients.get(collection);
      if (known !== undefined) return known;
      const Client = this.#behaviour === "upstream" ? HttpKeyVaultClient : SdkKeyVaultClient;
      const made = new Client({ http: this.#azure, vaultUrl: url, collection, credential });
      clients.set(collection, made);
      return made;
    };
    const fetched = await fetchAll(parameters.objects, this.#behaviour, async (object) => {
      const pieces = await this.#pieces(object, clientOf, signal);
      return await fetchAll(pieces, this.#behaviour, (piece) => this.#piece(piece, clientOf, signal));
    });
    const all = fetched.flat();
    return { files: all.flatMap(({ files }) => files), versions: all.flatMap(({ versions }) => versions) };
  }

  /** One version, or the newest ones of a history. */
  async #pieces(
    object: KeyVaultObject,
    clientOf: (object: KeyVaultObject) => KeyVaultClient,
    signal: AbortSignal,
  ): Promise<Piece[]> {
    const { objectName, objectVersion, objectVersionHistory } = object;
    if (objectVersionHistory <= 1) return [{ object, version: objectVersion }];
    const items = await clientOf(object).versions(objectName, signal);
    const versions = latestVersions(items, objectVersionHistory, objectVersion);
    if (versions.length === 0 && this.#behaviour === "hardened")
      throw new Error(`${nameOfObject(object)}no enabled version${objectVersion === "" ? "" : " of that name"}`);
    return versions.map((version, index) => ({ object, version, index }));
  }

  async #piece(
    piece: Piece,
    clientOf: (object: KeyVaultObject) => KeyVaultClient,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const { clock, metrics } = this.#spec;
    const { objectType, objectName } = piece.object;
    const began = clock.now();
    const tell = (error: string): void => metrics?.object(objectType, objectName, error, (clock.now() - began) / 1000);
    try {
      const fetched = await this.#read(piece, clientOf, signal);
      tell("");
      return fetched;
    } catch (error) {
      tell(messageOf(error));
      throw error;
    }
  }

  async #read(
    { object, version, index }: Piece,
    clientOf: (object: KeyVaultObject) => KeyVaultClient,
    signal: AbortSignal,
  ): Promise<Fetched> {
    try {
      const item = await clientOf(object).get(object.objectName, version, signal);
      const { constructPemChain = true, writeCertAndKeyInSeparateFiles = false } = this.#spec;
      const content = contentOf(object, item, {
        behaviour: this.#behaviour,
        constructPemChain,
        writeCertAndKeyInSeparateFiles,
      });
      const place = index === undefined ? "" : `/${index}`;
      const id = `${object.objectType}/${object.objectName}${place}`;
      return {
        files: content.files.map(({ suffix, contents }) => ({
          path: `${object.fileName}${place}${suffix}`,
          mode: object.mode,
          contents,
        })),
        versions: content.files.map(() => ({ id, version: content.version })),
      };
    } catch (error) {
      if (signal.aborted || error instanceof BareError || error instanceof GrpcError) throw error;
      const name = nameOfObject({ ...object, objectVersion: version });
      if (error instanceof ProviderCrash) {
        if (this.#behaviour === "upstream") throw error;
        throw new Error(`${name}the vault's answer is not usable: ${error.message.replace(/^.*: /, "")}`);
      }
      throw new Error(`${name}${(error as Error).message}`);
    }
  }

  async #cloud(cloudName: string, file: string): Promise<CloudEnvironment> {
    if (file !== "" && this.#behaviour === "upstream") this.#environmentFile = file;
    const name = cloudName || this.#spec.cloudName || DEFAULTS.cloudName;
    try {
      return await this.#spec.clock.activity.track(`cloud ${name}`, () =>
        cloudOf(name, file || this.#environmentFile, this.#spec.environment?.["AZURE_AUTHORITY_HOST"]),
      );
    } catch (error) {
      throw new Error(`cloudName ${cloudName} is not valid, error: ${(error as Error).message}`);
    }
  }

  #shown(error: unknown): unknown {
    if (error instanceof GrpcError || error instanceof ProviderCrash) return error;
    return new Error(`${PREFIX}${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function named<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${what}${(error as Error).message}`);
  }
}
