import { DRIVER_NAME, type DriverValues, driverManifests } from "../../../driver/index.ts";
import {
  ClusterRoleBindings,
  type KubeObject,
  type OwnerReference,
  Pods,
  SecretProviderClasses,
  SecretProviderClassPodStatuses,
  Secrets,
} from "../../../kube/index.ts";
import { type Right, withoutRight } from "../../../suite/index.ts";
import type { ApiFacet } from "../api.ts";

export const NAMESPACE = "shop";
export const POD = "web";
export const CLASS = "app-secrets";
/** The pod's volumes and their SecretProviderClasses; most cases publish the first alone. */
export const VOLUMES: Readonly<Record<string, string>> = { vol: CLASS, more: "more-secrets" };

/** What the API server holds of the pod, its SecretProviderClass and the driver. */
export class DriverObjects {
  readonly #api: ApiFacet;
  /** What the API server warned of when the class was written. */
  warning = "";

  readonly #withoutRight: Right | undefined;

  /** @param withoutRight what the chart is not to let the driver do */
  constructor(api: ApiFacet, withoutRight?: Right) {
    this.#api = api;
    this.#withoutRight = withoutRight;
  }

  /** What the driver's chart holds with these values. */
  #chart(values: DriverValues): KubeObject[] {
    const manifests = driverManifests(values);
    return this.#withoutRight === undefined ? manifests : withoutRight(manifests, this.#withoutRight);
  }

  /** What the driver's chart applies, and the pod's namespace. */
  async install(values: DriverValues): Promise<void> {
    for (const manifest of this.#chart(values)) await this.#api.apply(manifest);
    await this.#api.namespace(NAMESPACE);
  }

  /** The rights that the chart gives with syncSecret.enabled. */
  async allowSecrets(): Promise<void> {
    for (const manifest of this.#chart({ syncSecret: { enabled: true } }))
      if (manifest.metadata.name?.startsWith("secretprovidersyncing-")) await this.#api.apply(manifest);
  }

  async forbidSecrets(): Promise<void> {
    await (await this.#api.admin()).delete(ClusterRoleBindings, { name: "secretprovidersyncing-rolebinding" });
  }

  /** @returns the pod's UID */
  async definePod(
    nodeName: string,
    csi: Readonly<Record<string, unknown>> = {},
    pod: { readonly name?: string; readonly owner?: OwnerReference } = {},
  ): Promise<string> {
    await this.#api.serviceAccount(NAMESPACE, "default");
    const { owner, name = POD } = pod;
    const made = await this.#api.put(Pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: NAMESPACE, ...(owner && { ownerReferences: [owner] }) },
      spec: {
        nodeName,
        containers: [{ name: "app", image: "app" }],
        volumes: Object.entries(VOLUMES).map(([volume, secretProviderClass]) => ({
          name: volume,
          csi: { driver: DRIVER_NAME, readOnly: true, volumeAttributes: { secretProviderClass }, ...csi },
        })),
      },
    });
    return made.metadata.uid ?? "";
  }

  /** The class in an old version of its group; what the API server has to say about that is kept. */
  async writeClassAs(version: string): Promise<void> {
    const admin = await this.#api.admin();
    const path = `/apis/secrets-store.csi.x-k8s.io/${version}/namespaces/${NAMESPACE}/secretproviderclasses`;
    const apiVersion = `secrets-store.csi.x-k8s.io/${version}`;
    await this.deleteClass();
    const { status, headers, body } = await admin.raw("POST", path, {
      body: {
        apiVersion,
        kind: "SecretProviderClass",
        metadata: { name: CLASS, namespace: NAMESPACE },
        spec: { provider: "scripted", parameters: { objects: "all" } },
      },
    });
    if (status !== 201) throw new Error(`the class was not written: ${body}`);
    this.warning = headers["warning"] ?? "";
  }

  async deletePod(): Promise<void> {
    await (await this.#api.admin()).delete(Pods, { name: POD, namespace: NAMESPACE }, { gracePeriodSeconds: 0 });
  }

  async putSecret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    await this.#api.put(Secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: NAMESPACE },
      stringData: data,
    });
  }

  async defineClass(
    name: string,
    change: { readonly namespace?: string; readonly spec?: Record<string, unknown> } = {},
  ): Promise<void> {
    const { namespace = NAMESPACE } = change;
    if (namespace !== NAMESPACE) await this.#api.namespace(namespace);
    await this.#api.put(SecretProviderClasses, {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name, namespace },
      spec: change.spec ?? { provider: "scripted", parameters: { objects: "all" } },
    } as never);
  }

  async deleteClass(): Promise<void> {
    await (await this.#api.admin()).delete(SecretProviderClasses, { name: CLASS, namespace: NAMESPACE });
  }

  async status(name: string): Promise<KubeObject | undefined> {
    return await (await this.#api.admin()).find(SecretProviderClassPodStatuses, name, NAMESPACE);
  }

  /** Takes the right to write status objects away, as a chart without it would. */
  async forbidStatuses(): Promise<void> {
    const [role] = driverManifests().filter(({ metadata }) => metadata.name === "secretproviderclasses-role");
    if (role === undefined) throw new Error("the driver's manifests hold no role");
    const rules = (role["rules"] as { resources: string[] }[]).filter(
      ({ resources }) => !resources.includes("secretproviderclasspodstatuses"),
    );
    await this.#api.apply({ ...role, rules });
  }
}
