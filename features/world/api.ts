import type { ApiServerPool } from "../../clusters/apiserver/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "../../clusters/embedded/apiserver/index.ts";
import {
  createKubeClient,
  isKubeStatus,
  type KubeClient,
  type KubeConfig,
  type KubeObject,
  type Resource,
  resource,
  ServiceAccounts,
} from "../../kube/index.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createSigningKey,
  FaultPlan,
  type SigningKey,
  signJwt,
} from "../../net/index.ts";
import type { Facet, MountproofWorld } from "../world.ts";

export type TokenOwner = { readonly namespace: string; readonly serviceAccount: string; readonly audience: string };
export type Claims = Readonly<Record<string, unknown>>;

/** Keys are made once a run: a cluster of its own for each scenario must stay cheap. */
export function runAuthority({ run }: Pick<MountproofWorld, "run">): Promise<CertificateAuthority> {
  return run.once("certificate authority", () => createCertificateAuthority({ clock: run.clock }));
}

export function runSigningKey({ run }: Pick<MountproofWorld, "run">): Promise<SigningKey> {
  return run.once("signing key", () => createSigningKey());
}

/** What scenarios ask of their API server, whichever it is. */
export type ScenarioApi = Pick<RunningApiServer, "adminConfig" | "issuer" | "compact" | "authority">;

/** The API server of a scenario that needs no more of a cluster. */
export class ApiFacet {
  readonly #faults = new FaultPlan();
  readonly #world: MountproofWorld;
  #running: Promise<ScenarioApi> | undefined;
  #admin: KubeClient | undefined;

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  /** What goes wrong at it. A real one fails when it likes: such a case is skipped over it. */
  get faults(): FaultPlan {
    if (this.#world.run.apiserver !== undefined) this.#world.skip("a real kube-apiserver does not fail at will");
    return this.#faults;
  }

  running(): Promise<ScenarioApi> {
    this.#running ??= this.#start();
    return this.#running;
  }

  /** cluster-admin */
  async admin(): Promise<KubeClient> {
    const { adminConfig } = await this.running();
    this.#admin ??= this.#world.scope.use(createKubeClient(adminConfig, { clock: this.#world.clock }));
    return this.#admin;
  }

  /** Creates an object, or replaces the one that is there. */
  async put<T extends KubeObject>(kind: Resource<T>, object: T): Promise<T> {
    const admin = await this.admin();
    try {
      return await admin.create(kind, object);
    } catch (error) {
      if (!isKubeStatus(error, "AlreadyExists")) throw error;
      const { name = "", namespace } = object.metadata;
      const { resourceVersion } = (await admin.get(kind, name, namespace)).metadata;
      return await admin.update(kind, { ...object, metadata: { ...object.metadata, resourceVersion } } as T);
    }
  }

  /** Applies an object of a manifest; one with a namespace in it is of a kind that has namespaces. */
  async apply(object: KubeObject): Promise<void> {
    await this.put(resourceOf(object), object);
  }

  /** Deletes what a manifest has brought. */
  async remove(object: KubeObject): Promise<void> {
    const { name = "", namespace } = object.metadata;
    await (await this.admin()).delete(resourceOf(object), { name, ...(namespace !== undefined && { namespace }) });
  }

  async namespace(name: string): Promise<void> {
    const kind = resource({ version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });
    await this.put(kind, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  async serviceAccount(namespace: string, name: string): Promise<KubeObject> {
    return await this.put(ServiceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  }

  /** A token from TokenRequest. */
  async tokenOf(
    namespace: string,
    serviceAccount: string,
    spec: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const admin = await this.admin();
    const made = await admin.create(
      ServiceAccounts,
      {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        metadata: { name: serviceAccount, namespace },
        spec,
      } as KubeObject,
      { subresource: "token" },
    );
    return (made["status"] as { token: string }).token;
  }

  /** What a token for a pod of that account says, an hour from now; or says with a change. */
  async claims(
    { namespace, serviceAccount, audience }: TokenOwner,
    change: Claims = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const { issuer } = await this.running();
    const now = Math.floor(this.#world.clock.now() / 1000);
    const sub = `system:serviceaccount:${namespace}:${serviceAccount}`;
    return { iss: issuer.url, sub, aud: [audience], exp: now + 3600, iat: now, nbf: now, ...change };
  }

  /** A token that is signed as the cluster's are, and says something else. */
  async tokenSaying(owner: TokenOwner, change: Claims): Promise<string> {
    return signJwt(await this.claims(owner, change), await runSigningKey(this.#world));
  }

  /** What a program of that account reaches the API server with. */
  async configOf(namespace: string, serviceAccount: string): Promise<KubeConfig> {
    const { adminConfig } = await this.running();
    // A pod's token is renewed in its file; this one has to last as long as a case.
    const token = await this.tokenOf(namespace, serviceAccount, { expirationSeconds: 86_400 });
    return { ...adminConfig, credentials: { kind: "token", token } };
  }

  async #start(): Promise<ScenarioApi> {
    const world = this.#world;
    if (world.run.apiserver !== undefined) return await borrowed(world, world.run.apiserver);
    const [authority, key] = await Promise.all([runAuthority(world), runSigningKey(world)]);
    return world.scope.use(
      await new EmbeddedApiServer({
        clock: world.clock,
        log: world.logger,
        journal: world.journal,
        authority,
        signingKey: async () => key,
        faults: this.#faults,
      }).start(),
    );
  }
}

function resourceOf({ apiVersion = "v1", kind = "", metadata }: KubeObject): Resource {
  const slash = apiVersion.indexOf("/");
  const [group, version] = [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
  const namespaced = metadata.namespace !== undefined;
  return resource({ group, version, kind, plural: `${kind.toLowerCase()}s`, namespaced });
}

/** Real kube-apiservers of this run: a scenario has one alone, as new. */
export async function runServers(
  { run }: MountproofWorld,
  assets: NonNullable<MountproofWorld["run"]["apiserver"]>,
): Promise<ApiServerPool> {
  return await run.once("kube-apiservers", async (scope) => {
    const { ApiServerPool: Pool } = await import("../../clusters/apiserver/index.ts");
    const [authority, key] = await Promise.all([runAuthority({ run }), runSigningKey({ run })]);
    return scope.use(
      new Pool({
        assets,
        clock: run.clock,
        log: run.log,
        authority,
        signingKey: async () => key,
        processGroups: run.lifeline,
        makeFolder: (own) => run.makeFolder("a", own),
      }),
    );
  });
}

/** What a real one cannot do skips the case. */
async function borrowed(
  world: MountproofWorld,
  assets: NonNullable<MountproofWorld["run"]["apiserver"]>,
): Promise<ScenarioApi> {
  const { adminConfig, issuer } = world.scope.use(await (await runServers(world, assets)).take());
  return {
    adminConfig,
    issuer,
    compact: () => world.skip("a real kube-apiserver keeps its watch history"),
    get authority(): never {
      return world.skip("a real kube-apiserver signs with the key that it was started with");
    },
  };
}

export const api: Facet<ApiFacet> = (world) => new ApiFacet(world);
