import { isMountproofError } from "../../../core/index.ts";
import { FakeAzure, type FakeAzureSpec, type RunningFakeAzure } from "../../../fakes/azure/index.ts";
import type { IssuedCertificate, Resolver, Route } from "../../../net/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { runAuthority } from "../api.ts";

export const PROXY_HOST = "kubernetes.default.svc.cluster.local";
export const SNI_NAME = "x.ests.aks";
/** Names that the fake stands for; the last one is a cloud of one's own. */
const NAMES = ["*.vault.azure.net", "login.microsoftonline.com", "*.vault.test", "login.test", SNI_NAME] as const;
/** Where a node's identity agent (NMI) listens. */
export const AGENT_PORT = 2579;

/** What stands at Azure's host names, at the metadata address and where the node's agent listens. */
export class AzureServers {
  readonly #world: MountproofWorld;
  readonly #azure: () => RunningFakeAzure;
  readonly #routes = new Map<string, Route>();

  constructor(world: MountproofWorld, azure: () => RunningFakeAzure) {
    this.#world = world;
    this.#azure = azure;
  }

  /** For all names that the fake stands for. */
  async certificate(): Promise<IssuedCertificate> {
    const { run } = this.#world;
    const authority = await runAuthority(this.#world);
    return await run.once("certificate of Azure", () => authority.issue({ commonName: "azure", dnsNames: NAMES }));
  }

  route(place: string, to: Route | undefined): void {
    if (to === undefined) this.#routes.delete(place);
    else this.#routes.set(place, to);
  }

  /** Every place leads to the fake. */
  prepare(): void {
    this.restore();
    const { metadata } = this.#azure();
    for (const place of ["169.254.169.254", `localhost:${AGENT_PORT}`]) this.#routes.set(place, metadata);
  }

  /** Azure's names lead to the fake. */
  restore(): void {
    for (const place of [...NAMES, PROXY_HOST]) this.#routes.set(place, this.#azure());
  }

  /** Another certificate stands at Azure's names from now on. */
  async replace(tls: { readonly certPem: string; readonly keyPem: string }): Promise<void> {
    const other = this.#world.scope.use(await this.#azure().listenToo({ tls }));
    for (const place of NAMES) this.#routes.set(place, other);
  }

  readonly resolver: Resolver = async (host, port) => {
    const wildcard = `*${host.slice(host.indexOf("."))}`;
    return this.#routes.get(`${host}:${port}`) ?? this.#routes.get(host) ?? this.#routes.get(wildcard);
  };
}

/** A program asks the node's agent at its fixed port of localhost, past any proxy; the port may be taken. */
export async function startAtAgentsPort(spec: FakeAzureSpec): Promise<RunningFakeAzure> {
  try {
    return await new FakeAzure({ ...spec, metadataListen: { port: AGENT_PORT } }).start();
  } catch (error) {
    if (!isMountproofError(error) || error.code !== "address_in_use") throw error;
    return await new FakeAzure(spec).start();
  }
}
