import type { RunningFakeGcp } from "../../../fakes/gcp/index.ts";
import type { IssuedCertificate, Resolver, Route } from "../../../net/index.ts";
import type { MountproofWorld } from "../../world.ts";
import { runAuthority } from "../api.ts";

/** Host names that the certificates of a run's Google bear. */
const NAMES = ["*.googleapis.com", "*.us-central1.rep.googleapis.com"];
const METADATA_HOSTS = ["169.254.169.254", "metadata.google.internal"];
const NOBODY: Route = { host: "127.0.0.1", port: 1 };

/** What stands at Google's host names and at the metadata server's addresses. */
export class GcpServers {
  readonly #world: MountproofWorld;
  readonly #google: () => RunningFakeGcp;
  #tls: Route | undefined;
  #metadata: Promise<Route & AsyncDisposable> | undefined;
  #hasMetadata = true;

  constructor(world: MountproofWorld, google: () => RunningFakeGcp) {
    this.#world = world;
    this.#google = google;
  }

  /** For Google's names. */
  async certificate(): Promise<IssuedCertificate> {
    const authority = await runAuthority(this.#world);
    return await this.#world.run.once("certificate of Google", () =>
      authority.issue({ commonName: "googleapis.com", dnsNames: NAMES }),
    );
  }

  /** The route is looked up for each connection. */
  readonly resolver: Resolver = async (host) => {
    if (METADATA_HOSTS.includes(host)) return (await this.metadata()) ?? NOBODY;
    return host.endsWith(".googleapis.com") ? (this.#tls ?? this.#own()) : undefined;
  };

  /** The metadata server, over plain HTTP; undefined once it is lost. */
  async metadata(): Promise<Route | undefined> {
    if (!this.#hasMetadata) return undefined;
    this.#metadata ??= this.#google()
      .listenToo({})
      .then((server) => this.#world.scope.use(server));
    return await this.#metadata;
  }

  /** Nobody answers at the metadata addresses. */
  loseMetadata(): void {
    this.#hasMetadata = false;
  }

  /** Nobody listens at Google's names, until they are restored. */
  goDown(): void {
    this.#tls = NOBODY;
  }

  /** Google's names lead to Google again, and nothing there fails. */
  restore(): void {
    this.#google().faults.clear();
    this.#tls = undefined;
  }

  /** Another certificate at Google's names: connections made before are gone. */
  async replace(tls: { readonly certPem: string; readonly keyPem: string }): Promise<void> {
    this.#tls = this.#world.scope.use(await this.#google().listenToo({ tls }));
  }

  #own(): Route {
    const { host, port } = this.#google();
    return { host, port };
  }
}
