import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { type DriverValues, driverDaemonSet, driverManifests, driverRelease } from "../../../driver/index.ts";
import { type KubeObject, kubeconfigText } from "../../../kube/index.ts";
import { layoutOf } from "../../../suite/index.ts";
import { oracle } from "../../../suite/oracle.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api } from "../api.ts";
import { driver } from "./index.ts";

const RELEASE = { release: "csi-secrets-store", namespace: "kube-system" } as const;

/**
 * The driver's chart as a release of Helm's: by Helm itself where the program is there, else by what it does with the
 * same objects. CRDs of a chart's `crds/` are no part of a release: Helm neither changes nor deletes them.
 */
export class HelmReleaseFacet {
  readonly #world: MountproofWorld;
  #objects: readonly KubeObject[] = [];

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  /** In place of what the scenario has applied of the driver's chart so far. */
  async install(values: DriverValues): Promise<void> {
    for (const object of driverManifests(this.#world.use(driver).values)) await this.#world.use(api).remove(object);
    this.#objects = released(values);
    const helm = await this.#helm();
    if (helm !== undefined) {
      await helm("install", await this.#chartOf(this.#objects, "1.5.6"));
      return;
    }
    for (const object of this.#objects) await this.#world.use(api).apply(object);
  }

  /** To the chart of `deploy/`. */
  async upgrade(rotates: boolean): Promise<void> {
    const helm = await this.#helm();
    const chart = join(layoutOf().root, "deploy", "charts", "secrets-store-csi-driver");
    if (helm !== undefined) return await helm("upgrade", chart, `--set=enableSecretRotation=${rotates}`);
    const next = released({ enableSecretRotation: rotates });
    for (const object of next) await this.#world.use(api).apply(object);
    const stays = new Set(next.map(nameOf));
    for (const object of this.#objects)
      if (!stays.has(nameOf(object)) && object.metadata.annotations?.["helm.sh/resource-policy"] !== "keep")
        await this.#world.use(api).remove(object);
    this.#objects = next;
  }

  async #helm(): Promise<((verb: string, chart: string, ...flags: string[]) => Promise<void>) | undefined> {
    const { path } = await oracle("helm");
    if (path === undefined) return undefined;
    const folder = await this.#world.folder();
    const kubeconfig = join(folder, "helm.kubeconfig");
    const { adminConfig } = await this.#world.use(api).running();
    await writeFile(kubeconfig, kubeconfigText(adminConfig, "admin"), { mode: 0o600 });
    return async (verb, chart, ...flags) => {
      const { release, namespace } = RELEASE;
      const args = [verb, release, chart, `--namespace=${namespace}`, `--kubeconfig=${kubeconfig}`, ...flags];
      // What Helm keeps of its own lies in the case's folder as well.
      await promisify(execFile)(path, args, { env: { PATH: process.env["PATH"], HOME: folder } });
      this.#world.note(`by ${path}: ${[verb, release, ...flags].join(" ")}`);
    };
  }

  /** A chart that renders exactly these objects. */
  async #chartOf(objects: readonly KubeObject[], version: string): Promise<string> {
    const chart = join(await this.#world.folder(), "chart");
    await mkdir(join(chart, "templates"), { recursive: true });
    const about = { apiVersion: "v2", name: "secrets-store-csi-driver", version };
    await writeFile(join(chart, "Chart.yaml"), stringify(about));
    await writeFile(join(chart, "templates", "objects.yaml"), objects.map((one) => stringify(one)).join("---\n"));
    const crds = join(layoutOf().root, "deploy", "charts", "secrets-store-csi-driver", "crds");
    await cp(crds, join(chart, "crds"), { recursive: true });
    return chart;
  }
}

/** What a release of the chart with these values holds. */
function released(values: DriverValues): KubeObject[] {
  return driverRelease([...driverManifests(values), driverDaemonSet(values, RELEASE.release)], RELEASE);
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ""} ${metadata.name}`;
}

export const helmRelease: Facet<HelmReleaseFacet> = (world) => new HelmReleaseFacet(world);
