import { FakeGcp, type GcpTold, openRemoteGcp, type RunningFakeGcp } from "../../../fakes/gcp/index.ts";
import { processDialer } from "../../../net/index.ts";
import {
  GCP_PROVIDER_NAMESPACE,
  GCP_PROVIDER_SERVICE_ACCOUNT,
  GcpProvider,
  gcpProviderDaemonSet,
  gcpProviderManifests,
} from "../../../providers/gcp/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { cloudOf } from "./clouds.ts";
import { runGcloudScript } from "./gcloud-cli.ts";
import { type EstateFacet, estate } from "./index.ts";
import { leaveAlone, ownStoreOf, setUpOwnStore } from "./own-store.ts";

const PROJECT = "my-project";
const CLUSTER = { project: PROJECT, location: "us-central1", name: "my-cluster" };

/** Google at its own host names, set up by the guide, the machines' metadata server, and the provider on every node. */
export class GcpEstateFacet {
  readonly #world: MountproofWorld;
  readonly #estate: EstateFacet;
  #google: RunningFakeGcp | undefined;
  #told: GcpTold | undefined;
  readonly secrets: { readonly password: string; readonly key: string };
  /** The password after it changed. */
  changed = "";

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.#estate = world.use(estate);
    this.secrets = { password: world.canaries.create("db-password"), key: world.canaries.create("api-key") };
  }

  get google(): RunningFakeGcp {
    if (this.#google === undefined) throw new Error("no Google stands in this scenario");
    return this.#google;
  }

  /** What Google is told, wherever it runs. */
  get told(): GcpTold {
    if (ownStoreOf(this.#world, "gcp") !== undefined) leaveAlone(this.#world, "gcp");
    if (this.#told === undefined) throw new Error("no Google stands in this scenario");
    return this.#told;
  }

  async install(): Promise<void> {
    const { issuer } = await this.#estate.cluster();
    if (ownStoreOf(this.#world, "gcp") !== undefined) return;
    const control = cloudOf(this.#world, "gcp");
    if (control === undefined) await this.#startHere(issuer);
    else
      this.#told = this.#world.scope.use(
        await openRemoteGcp(control, this.#world.run.clock, processDialer(process.env)),
      ).told;
    await this.told.seed({
      projects: { [PROJECT]: {} },
      clusters: [{ ...CLUSTER, issuer: issuer.url }],
      metadata: {
        projectId: PROJECT,
        attributes: { "cluster-location": CLUSTER.location, "cluster-name": CLUSTER.name },
      },
    });
  }

  async #startHere(issuer: { readonly caPem: string }): Promise<void> {
    const { clock, journal, pass, scope } = this.#world;
    const [dialer, tls] = await Promise.all([this.#estate.dialer(), this.#estate.certificateFor(["*.googleapis.com"])]);
    const spec = { clock, journal, random: pass.random, dialer, tls, issuerCaPem: issuer.caPem };
    const google = scope.use(await new FakeGcp(spec).start());
    this.#google = google;
    this.#told = google.told;
    this.#estate.route("*.googleapis.com", { host: google.host, port: google.port });
    const metadata = scope.use(await google.listenToo({}));
    this.#estate.route("169.254.169.254", { host: metadata.host, port: metadata.port });
  }

  async runSetup(path: string): Promise<void> {
    const variables = { DB_PASSWORD: this.secrets.password, API_KEY: this.secrets.key };
    const own = ownStoreOf(this.#world, "gcp");
    if (own !== undefined)
      return await setUpOwnStore(this.#world, "gcp", own, {
        ...variables,
        NAMESPACE: this.#estate.namespaceOf("production"),
      });
    await runGcloudScript(await this.#estate.example(path), this.told, variables);
  }

  async installProvider(): Promise<void> {
    const dialer = await this.#estate.dialer();
    const caPem = await this.#estate.trustedCaPem();
    await this.#estate.installProvider({
      name: "gcp",
      namespace: GCP_PROVIDER_NAMESPACE,
      serviceAccount: GCP_PROVIDER_SERVICE_ACCOUNT,
      manifests: gcpProviderManifests(),
      daemonSet: gcpProviderDaemonSet(),
      provider: (parts) => new GcpProvider({ ...parts, dialer, caPem, random: this.#world.pass.random }),
    });
  }
}

export const gcpEstate: Facet<GcpEstateFacet> = (world) => new GcpEstateFacet(world);
