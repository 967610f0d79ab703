import { VirtualClock } from "../../../core/index.ts";
import { Events, type KubeObject, Pods, SecretProviderClasses, Secrets } from "../../../kube/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api } from "../api.ts";
import { CLASS, driver, NAMESPACE } from "./index.ts";

export type Secret = KubeObject & { type?: string; data?: Record<string, string>; immutable?: boolean };
export type SecretObject = {
  readonly secretName: string;
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly data: readonly { readonly objectName: string; readonly key: string }[];
};

/** How often a real clock is asked whether something holds by now. */
const LOOK_MS = 50;

/** Secrets that a driver makes of the scenario's volume, and what it says about them. */
export class SecretsFacet {
  readonly #world: MountproofWorld;
  #objects: SecretObject[] = [];

  constructor(world: MountproofWorld) {
    this.#world = world;
  }

  /** The SecretProviderClass asks for one more Secret; a driver that runs hears of it. */
  async want(object: SecretObject): Promise<void> {
    this.#objects = [...this.#objects.filter(({ secretName }) => secretName !== object.secretName), object];
    await this.wantThese(CLASS, this.#objects);
  }

  async wantThese(className: string, secretObjects: readonly SecretObject[]): Promise<void> {
    const spec = { provider: "scripted", parameters: { objects: "all" }, secretObjects };
    await this.#world.use(driver).objects.defineClass(className, { spec });
    await this.#world.elapse(LOOK_MS);
  }

  async find(name: string): Promise<Secret | undefined> {
    return (await (await this.#admin()).find(Secrets, name, NAMESPACE)) as Secret | undefined;
  }

  async put(secret: Omit<Secret, "apiVersion" | "kind">): Promise<void> {
    await this.#world.use(api).put(Secrets, { apiVersion: "v1", kind: "Secret", ...secret } as Secret);
    await this.#world.elapse(LOOK_MS);
  }

  async delete(name: string): Promise<void> {
    await (await this.#admin()).delete(Secrets, { name, namespace: NAMESPACE });
  }

  async deleteClass(name: string): Promise<void> {
    await (await this.#admin()).delete(SecretProviderClasses, { name, namespace: NAMESPACE });
  }

  async setPhase(phase: string): Promise<void> {
    const target = { name: this.#world.use(driver).pod, namespace: NAMESPACE };
    await (await this.#admin()).patch(Pods, target, "merge", { status: { phase } }, { subresource: "status" });
    await this.#world.elapse(LOOK_MS);
  }

  /** With a finalizer it stays, on its way out. */
  async terminatePod(): Promise<void> {
    const target = { name: this.#world.use(driver).pod, namespace: NAMESPACE };
    const admin = await this.#admin();
    await admin.patch(Pods, target, "merge", { metadata: { finalizers: ["mountproof/held"] } });
    await admin.delete(Pods, target);
    await this.#world.elapse(LOOK_MS);
  }

  /** Events about the pod, as `Warning FailedToCreateSecret: …`. */
  async events(): Promise<string[]> {
    const { items } = await (await this.#admin()).list(Events, { namespace: NAMESPACE });
    const { pod } = this.#world.use(driver);
    return items
      .filter((event) => (event["involvedObject"] as { name?: string }).name === pod)
      .map((event) => `${event["type"]} ${event["reason"]}: ${event["message"]}`);
  }

  /** Whether it comes to hold within so long. */
  async eventually(holds: () => Promise<boolean>, ms: number): Promise<boolean> {
    const { clock } = this.#world;
    if (clock instanceof VirtualClock) return await clock.advanceUntil(holds, ms);
    for (const end = clock.now() + ms; clock.now() < end; await clock.sleep(LOOK_MS)) if (await holds()) return true;
    return await holds();
  }

  /** Writes of Secrets since the journal stood at `mark`, by their method. */
  writes(mark: number): string[] {
    return this.#world.journal
      .entries({ seam: "kube-api", since: mark })
      .filter(
        ({ detail }) =>
          detail["resource"] === "secrets" && ["create", "update", "patch", "delete"].includes(String(detail["verb"])),
      )
      .map(({ operation }) => operation.split(" ")[0] ?? "");
  }

  async #admin() {
    return await this.#world.use(api).admin();
  }
}

export const secrets: Facet<SecretsFacet> = (world) => new SecretsFacet(world);
