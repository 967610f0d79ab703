import { type Clock, type Random, Scope, systemRandom } from "../../core/index.ts";
import {
  createSigningKey,
  type Dialer,
  type HttpExchange,
  type HttpServerOptions,
  Journal,
  type SigningKey,
} from "../../net/index.ts";
import { IssuerKeys, type RunningFakeServer, startFakeServer, toldControl } from "../kit/index.ts";
import { AZURE_OPERATIONS, AzureAdmin, type AzureTold } from "./admin.ts";
import { isDirectoryPath, serveEntra } from "./directory/endpoint.ts";
import { AccessTokens, claimedClient } from "./directory/tokens.ts";
import { serveMetadata } from "./metadata/metadata.ts";
import { type AzureSeed, seedAzure } from "./seed.ts";
import { AzureState } from "./state.ts";
import { refusals } from "./vault/refusal.ts";
import { serveVault } from "./vault/serve.ts";
import type { Vault } from "./vault/vault.ts";

export type FakeAzureSpec = {
  readonly clock: Clock;
  readonly random?: Random;
  readonly journal?: Journal;
  /** Where Entra ID and the vaults listen. */
  readonly listen?: HttpServerOptions["listen"];
  /** Where the metadata service listens. */
  readonly metadataListen?: HttpServerOptions["listen"];
  /** Azure's clients speak https only; plain HTTP without it. */
  readonly tls?: HttpServerOptions["tls"];
  /** How a cluster's issuer becomes a connection, for federated credentials. */
  readonly dialer?: Dialer;
  /** Who issued the issuers' certificates, PEM. */
  readonly issuerCaPem?: string;
  /** Signs access tokens; made at the start when left out, which takes a moment. */
  readonly signingKey?: SigningKey;
  /** What App Service's programs show; without it that endpoint lets nobody in. */
  readonly appServiceHeader?: string;
  /** The control API on the store's own port. */
  readonly control?: boolean;
  readonly seed?: AzureSeed;
};

export interface RunningFakeAzure extends AsyncDisposable {
  /** `https://127.0.0.1:41234`: Entra ID and the vaults. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What a machine asks: the Instance Metadata Service, App Service, the node agent of AAD Pod Identity; plain HTTP. */
  readonly metadata: { readonly url: string; readonly host: string; readonly port: number };
  readonly journal: Journal;
  readonly faults: RunningFakeServer["faults"];
  readonly metadataFaults: RunningFakeServer["faults"];
  readonly state: AzureState;
  /** As the owner and without a socket: for steps. */
  readonly told: AzureTold;
  vault(name: string): Vault;
  /** @throws MountproofError `invalid_argument` */
  seed(seed: AzureSeed): Promise<void>;
  /** Serves the same cloud on another address, with another certificate for example. */
  listenToo(listener: Pick<FakeAzureSpec, "listen" | "tls">): Promise<RunningFakeServer>;
}

/** Key Vault's endpoints in the clouds, and what a token for each must be for. */
const SUFFIXES = ["vault.azure.net", "vault.usgovcloudapi.net", "vault.azure.cn", "vault.microsoftazure.de"];
const LOGIN = "https://login.microsoftonline.com";
const AUTHORITIES: Readonly<Record<string, string>> = {
  "vault.usgovcloudapi.net": "https://login.microsoftonline.us",
  "vault.azure.cn": "https://login.chinacloudapi.cn",
  "vault.microsoftazure.de": "https://login.microsoftonline.de",
};

/**
 * Azure as a program meets it that reads secrets: Entra ID's token endpoint, the machine's metadata service, and key
 * vaults, told apart by host name and path. Every token is really signed and really checked.
 *
 * @example
 * await using azure = await new FakeAzure({ clock, tls, seed: { tenants: { t: [{ clientId: "app", clientSecrets: ["s"] }] } } }).start();
 */
export class FakeAzure {
  readonly #spec: FakeAzureSpec;

  constructor(spec: FakeAzureSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `address_in_use` for a taken port, `invalid_argument` for a seed that cannot be read */
  async start(): Promise<RunningFakeAzure> {
    return await Scope.run("fake Azure", (scope) => startIn(this.#spec, scope));
  }
}

async function startIn(spec: FakeAzureSpec, scope: Scope): Promise<RunningFakeAzure> {
  const { clock, random = systemRandom(), dialer, issuerCaPem } = spec;
  const journal = spec.journal ?? new Journal(clock);
  const state = new AzureState({ clock, random });
  const admin = new AzureAdmin(state);
  const tokens = new AccessTokens(clock, spec.signingKey ?? (await createSigningKey()));
  const issuers = scope.use(
    new IssuerKeys({ clock, ...(dialer && { dialer }), ...(issuerCaPem !== undefined && { caPem: issuerCaPem }) }),
  );
  const common = {
    clock,
    journal,
    ...(spec.control !== undefined && { control: spec.control }),
    seed: (seed: unknown) => seedAzure(state, seed),
    controls: toldControl(admin, AZURE_OPERATIONS),
  };
  const serve = async ({ listen, tls }: Pick<FakeAzureSpec, "listen" | "tls">): Promise<RunningFakeServer> =>
    await startFakeServer({
      ...common,
      name: "fake/azure",
      ...(listen !== undefined && { listen }),
      ...(tls !== undefined && { tls }),
      handler: async (exchange) => {
        if (isDirectoryPath(exchange.path))
          return await serveEntra(exchange, { clock, random, directory: state.directory, tokens, issuers, isResource });
        const place = placeOf(exchange.headers.host ?? "", state);
        if (place === undefined) {
          const refusal = refusals.unknownVault(exchange.headers.host ?? "");
          return exchange.json(refusal.status, refusal.body);
        }
        await serveVault(exchange, { ...place, tokens });
      },
      describe,
    });
  const server = scope.use(await serve(spec));
  const metadata = scope.use(
    await startFakeServer({
      ...common,
      name: "fake/azure-metadata",
      ...(spec.metadataListen !== undefined && { listen: spec.metadataListen }),
      handler: (exchange) =>
        serveMetadata(exchange, {
          directory: state.directory,
          tokens,
          isResource,
          appServiceHeader: spec.appServiceHeader ?? "",
          podIdentities: state.podIdentities,
        }),
      describe: ({ headers }) => ({ pod: headers["podname"] }),
    }),
  );
  if (spec.seed !== undefined) await seedAzure(state, spec.seed);
  return {
    url: server.url,
    host: server.host,
    port: server.port,
    metadata: { url: metadata.url, host: metadata.host, port: metadata.port },
    journal,
    faults: server.faults,
    metadataFaults: metadata.faults,
    state,
    told: admin,
    vault: (name) => state.vault(name),
    seed: (seed) => seedAzure(state, seed),
    listenToo: (listener) => serve(listener),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

type Place = { readonly vault: Vault; readonly resource: string; readonly authority: string };

/** The vault of a host name. A fake that runs alone may be met by address: then it is the only vault there is. */
function placeOf(host: string, state: AzureState): Place | undefined {
  const [name = "", ...rest] = host.split(".");
  const suffix = rest.join(".");
  const named = state.findVault(name);
  const isAddress = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
  const vault = named ?? (isAddress ? state.onlyVault() : undefined);
  if (vault === undefined) return undefined;
  if (named === undefined) return { vault, resource: `https://${SUFFIXES[0]}`, authority: `https://${host}` };
  const isCloud = SUFFIXES.includes(suffix);
  return {
    vault,
    resource: `https://${suffix}`,
    authority: isCloud ? (AUTHORITIES[suffix] ?? LOGIN) : `https://${suffix}`,
  };
}

/** Key Vault of any cloud, a custom one too; not Resource Manager, Storage or Graph. */
const isResource = (resource: string): boolean =>
  /^https:\/\/vault\./.test(resource) || /^https:\/\/vaultcore\./.test(resource);

/** Who asked where, by the token's word: the journal tells identities, never values. */
function describe({ headers, query }: HttpExchange): Readonly<Record<string, unknown>> {
  const [, token] = (headers.authorization ?? "").split(" ");
  const client = token === undefined ? undefined : claimedClient(token);
  return {
    host: headers.host,
    ...(client !== undefined && { client }),
    hasToken: token !== undefined,
    query: query.toString(),
  };
}
