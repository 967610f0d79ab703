import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { seconds } from "../../core/index.ts";
import { files } from "../../wire/scripted-provider.ts";
import type { Behaviour } from "../index.ts";
import { INTERVAL_MS, NAMESPACE, type Outcome, outcomeOf, Rig } from "./rig.ts";

/** Who dies while a volume is published. `node`: the driver, and every mount with it. */
export const SUBJECTS = ["driver", "provider", "API server", "kubelet", "node"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** A first publish, or one that changes what is there: files come, go and change. */
export type Situation = "first publish" | "rotation";

/** `survived`, or what was lost. */
export type Verdict = string;

export const SURVIVED = "survived";
/** Kubelet repeats what failed, and what is due. */
const MAX_REPEATS = 4;
const SECRET = "synced";
const BEFORE = { a: "old", b: "old", gone: "old" };
const AFTER = { a: "new", "b/x": "new", c: "new" };

/** A place in a publish: points of one name are told apart by the order in which they come. */
type Point = { readonly name: string; readonly nth: number };

/**
 * One driver with its neighbours, on which volumes are published one after the other; in each somebody dies at one
 * point. What points there are is found by watching a publish, so that a new step is covered by itself.
 */
export class FaultMatrix implements AsyncDisposable {
  readonly #rig: Rig;
  readonly #situation: Situation;
  readonly #rotates: boolean;
  #onPoint: ((name: string) => Promise<void> | undefined) | undefined;
  #pods = 0;

  private constructor(rig: Rig, situation: Situation, rotates: boolean) {
    this.#rig = rig;
    this.#situation = situation;
    this.#rotates = rotates;
  }

  static async start(behaviour: Behaviour, situation: Situation, rotates = true): Promise<FaultMatrix> {
    let matrix: FaultMatrix | undefined;
    const rig = await Rig.start({
      behaviour,
      enableSecretRotation: rotates,
      onPoint: (name) => (matrix === undefined ? undefined : matrix.#onPoint?.(name)),
    });
    rig.api.put("secretproviderclasses", {
      apiVersion: "secrets-store.csi.x-k8s.io/v1",
      kind: "SecretProviderClass",
      metadata: { name: "app", namespace: NAMESPACE },
      spec: {
        provider: "scripted",
        parameters: { k: "v" },
        secretObjects: [{ secretName: SECRET, type: "Opaque", data: [{ objectName: "a", key: "a" }] }],
      },
    });
    await rig.pass(1);
    matrix = new FaultMatrix(rig, situation, rotates);
    return matrix;
  }

  /** The points of a publish in which nobody dies, in order. */
  async points(): Promise<Point[]> {
    const found: Point[] = [];
    const pod = await this.#begin();
    this.#onPoint = (name) => {
      found.push({ name, nth: found.filter((point) => point.name === name).length });
      return undefined;
    };
    await this.#publish(pod);
    this.#onPoint = undefined;
    await this.#end(pod);
    return found;
  }

  /** A publish in which the subject dies at the point; then it comes back, and kubelet repeats what it has to. */
  async play(subject: Subject, point: Point): Promise<Verdict> {
    const pod = await this.#begin();
    await this.#dieAt(subject, point, pod);
    let outcome: Outcome = { code: "none", message: "" };
    for (let repeats = 0; repeats < MAX_REPEATS; repeats++) {
      await this.#rig.pass(this.#rotates ? INTERVAL_MS + seconds(1) : seconds(1));
      outcome = await this.#publish(pod);
      if (outcome.code === "OK") break;
    }
    const lost = outcome.code === "OK" ? this.#lost(pod) : [`publish: ${outcome.code} ${outcome.message}`];
    return (await this.#end(pod)) ?? (lost.length === 0 ? SURVIVED : lost.join(", "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rig[Symbol.asyncDispose]();
  }

  async #begin(): Promise<string> {
    const rig = this.#rig;
    const pod = `p${this.#pods++}`;
    rig.api.put("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: pod, namespace: NAMESPACE, uid: `uid-${pod}` },
      spec: {
        volumes: [
          {
            name: "vol",
            csi: { driver: "secrets-store.csi.k8s.io", volumeAttributes: { secretProviderClass: "app" } },
          },
        ],
      },
      status: { phase: "Running" },
    });
    if (this.#situation === "rotation") {
      rig.provider.answers(files(BEFORE, "old"));
      await this.#publish(pod);
      await rig.pass(INTERVAL_MS + seconds(1));
    }
    rig.provider.answers(files(AFTER, "new"));
    return pod;
  }

  async #publish(pod: string, signal?: AbortSignal): Promise<Outcome> {
    const call = this.#rig.node.nodePublishVolume(this.#rig.request(pod), {
      deadlineMs: 120_000,
      ...(signal && { signal }),
    });
    return await this.#rig.settle(outcomeOf(call));
  }

  async #dieAt(subject: Subject, point: Point, pod: string): Promise<void> {
    const rig = this.#rig;
    const caller = new AbortController();
    let count = 0;
    let dying: Promise<void> | undefined;
    this.#onPoint = (name) => {
      if (name !== point.name || count++ !== point.nth) return undefined;
      if (subject === "kubelet") caller.abort();
      if (subject === "API server") rig.api.outage(true);
      if (subject === "driver" || subject === "node") dying = rig.killDriver();
      return subject === "provider" ? this.#restartProvider() : undefined;
    };
    await this.#publish(pod, caller.signal);
    this.#onPoint = undefined;
    await dying;
    if (subject === "node") rig.mounter.unmount(rig.target(pod), { detach: true });
    if (subject === "API server") rig.api.outage(false);
    if (dying !== undefined) await rig.startDriver();
  }

  async #restartProvider(): Promise<void> {
    await this.#rig.provider.kill();
    await this.#rig.provider.start();
  }

  /** What the pod, the status object and the Secret do not show as they should, and what was left behind. */
  #lost(pod: string): string[] {
    const rig = this.#rig;
    const target = rig.target(pod);
    const lost: string[] = [];
    const expect = (what: string, wanted: unknown, got: unknown): void => {
      if (JSON.stringify(wanted) !== JSON.stringify(got)) lost.push(`${what}: ${JSON.stringify(got)}`);
    };
    expect("mounted", true, rig.isMounted(pod));
    expect("files", AFTER, rig.files(pod));
    const names = readdirSync(target).filter((name) => !/^\.\.\d/.test(name));
    expect("names", ["..data", "a", "b", "c"], names.sort());
    expect("data directories", 1, readdirSync(target).length - names.length);
    const status = rig.status(pod)?.["status"] as { readonly objects?: unknown } | undefined;
    expect("status", [{ id: "a", version: "new" }], status?.objects);
    const secret = rig.api.find("secrets", SECRET, NAMESPACE);
    const { a = "" } = (secret?.["data"] ?? {}) as { readonly a?: string };
    expect("Secret", "new", Buffer.from(a, "base64").toString());
    return lost;
  }

  /** @returns what unpublishing left */
  async #end(pod: string): Promise<string | undefined> {
    const { code, message } = await this.#rig.unpublish(pod);
    const target = this.#rig.target(pod);
    this.#rig.api.remove("pods", pod, NAMESPACE);
    this.#rig.api.remove("secrets", SECRET, NAMESPACE);
    await this.#rig.pass(1);
    if (code !== "OK") return `unpublish: ${code} ${message}`;
    return existsSync(target) ? `left after unpublish: ${readdirSync(join(target, ".."))}` : undefined;
  }
}

/** A table for people: one row a point, one column a subject. */
export function tableOf(
  title: string,
  points: readonly Point[],
  verdicts: ReadonlyMap<string, readonly Verdict[]>,
): string {
  const width = Math.max(...points.map(({ name }) => name.length)) + 2;
  const shown = (verdict: Verdict): string => (verdict === SURVIVED ? "ok" : "LOST").padEnd(12);
  const head = `${title.padEnd(width)}${[...verdicts.keys()].map((name) => name.padEnd(12)).join("")}`;
  const rows = points.map(
    ({ name }, index) =>
      `${name.padEnd(width)}${[...verdicts.values()].map((column) => shown(column[index] ?? "")).join("")}`,
  );
  return [head, ...rows].join("\n");
}
