import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { minutes, seconds } from "../../core/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { INTERVAL_MS, NAMESPACE, type Rig } from "../testing/rig.ts";
import { contentOf, filesOf, type Model, mustAsk, type VolumeModel, versionOf } from "./model.ts";

/** A driver with its neighbours, and a place where it may be told to die. */
export type Real = { readonly rig: Rig; dieAt: string | undefined };
export type Command = fc.AsyncCommand<Model, Real>;

export const PODS = ["one", "two", "three"];
const NAME_SETS = [["a", "b"], ["a"], ["b", "c"], ["a/x", "b"], ["c"]] as const;
/** Points of a publish at which a driver is killed; others would do as well. */
const POINTS = ["after mount", "writing: a file", "writing: the switch", "writing: the old data go", "before status"];

/** What the provider of a rig answers: the store as it is, or its failure. */
export function serve(model: Model, { rig }: Real): void {
  const { version, names, isFailing } = model.store;
  if (isFailing) return void rig.provider.answers(new GrpcError(GrpcStatus.INTERNAL, "the store is down"));
  rig.provider.answers(({ attributes }) => {
    const { k: asked = "" } = JSON.parse(attributes) as { k?: string };
    return {
      files: names.map((path) => ({ path, mode: 0o644, contents: Buffer.from(contentOf(path, version, asked)) })),
      objectVersion: names.map((id) => ({ id, version: versionOf(version, asked) })),
    };
  });
}

function broken(rule: string, what: unknown): Error {
  return new Error(`${rule}: ${JSON.stringify(what)}`);
}

class Publish implements Command {
  readonly #pod: string;
  constructor(pod: string) {
    this.#pod = pod;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `publish ${this.#pod}`;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { rig } = real;
    const pod = this.#pod;
    const volume: VolumeModel = model.volumes.get(pod) ?? { shows: undefined, freshAt: undefined };
    model.volumes.set(pod, volume);
    const asksMust = mustAsk(volume, rig.clock.now(), INTERVAL_MS);
    const before = { calls: rig.provider.mounts.length, data: dataOf(rig, pod), requests: rig.api.requests.length };
    const outcome = await rig.publish(rig.request(pod));
    const asked = rig.provider.mounts.length > before.calls;

    if (asked !== asksMust) throw broken(asksMust ? "the provider was not asked" : "the provider was asked early", pod);
    if (!asksMust) {
      if (rig.api.requests.length > before.requests) throw broken("an idle publish asked the API server", pod);
    } else if (!model.store.isFailing) {
      const { version, names, parameter } = model.store;
      const shows = { version, names, parameter };
      if (outcome.code === "OK") Object.assign(volume, { shows, freshAt: rig.clock.now() });
    }
    const mayFail = model.store.isFailing && volume.shows === undefined;
    if ((outcome.code === "OK") === mayFail) throw broken("the publish's outcome", outcome);
    if (volume.shows === undefined) {
      if (rig.isMounted(pod)) throw broken("a failed first publish left a mount", pod);
      return;
    }
    const files = rig.files(pod);
    if (JSON.stringify(files) !== JSON.stringify(filesOf(volume.shows)))
      throw broken("OK with other content than there should be", { files, shows: volume.shows });
    const isSame = before.data?.content === JSON.stringify(files);
    if (isSame && before.data?.link !== dataOf(rig, pod)?.link) throw broken("a write without a change", pod);
    const status = rig.status(pod)?.["status"] as { readonly objects?: readonly { version?: string }[] } | undefined;
    const versions = new Set(status?.objects?.map(({ version }) => version));
    if (versions.size !== 1 || !versions.has(versionOf(volume.shows.version, volume.shows.parameter)))
      throw broken("the status tells other versions", { versions: [...versions], shows: volume.shows });
  }
}

function dataOf(rig: Rig, pod: string): { readonly link: string; readonly content: string } | undefined {
  const data = join(rig.target(pod), "..data");
  return existsSync(data) ? { link: readlinkSync(data), content: JSON.stringify(rig.files(pod)) } : undefined;
}

/** A publish in the middle of which the driver is killed; the next one must make it good. */
class PublishKilled implements Command {
  readonly #pod: string;
  readonly #point: string;
  constructor(pod: string, point: string) {
    this.#pod = pod;
    this.#point = point;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `publish ${this.#pod} and kill the driver at "${this.#point}"`;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { rig } = real;
    const volume = model.volumes.get(this.#pod) ?? { shows: undefined, freshAt: undefined };
    model.volumes.set(this.#pod, volume);
    real.dieAt = this.#point;
    await rig.publish(rig.request(this.#pod));
    real.dieAt = undefined;
    if (rig.hasDriver) await rig.killDriver(); // it never came to that point
    await rig.startDriver();
    for (const known of model.volumes.values()) known.freshAt = undefined;
    // Whether the new content stood already is open; the next publish has to say.
    if (!model.store.isFailing) await new Publish(this.#pod).run(model, real);
  }
}

class Rotate implements Command {
  readonly #names: readonly string[];
  constructor(names: readonly string[]) {
    this.#names = names;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `rotate to ${this.#names.join(",")}`;
  }
  async run(model: Model, real: Real): Promise<void> {
    Object.assign(model.store, { version: model.store.version + 1, names: this.#names });
    serve(model, real);
  }
}

class Store implements Command {
  readonly #isFailing: boolean;
  constructor(isFailing: boolean) {
    this.#isFailing = isFailing;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return this.#isFailing ? "the store fails" : "the store heals";
  }
  async run(model: Model, real: Real): Promise<void> {
    model.store.isFailing = this.#isFailing;
    serve(model, real);
  }
}

class Restart implements Command {
  check(): boolean {
    return true;
  }
  toString(): string {
    return "restart the driver";
  }
  async run(model: Model, { rig }: Real): Promise<void> {
    await rig.stopDriver();
    await rig.startDriver();
    for (const volume of model.volumes.values()) volume.freshAt = undefined;
  }
}

class Pass implements Command {
  readonly #ms: number;
  constructor(ms: number) {
    this.#ms = ms;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `${this.#ms / 1000} s pass`;
  }
  async run(_model: Model, { rig }: Real): Promise<void> {
    await rig.pass(this.#ms);
  }
}

/** The pod goes; with `withObjects` what belongs to it at the API server goes too, as garbage collection has it. */
class Unpublish implements Command {
  readonly #pod: string;
  readonly #withObjects: boolean;
  constructor(pod: string, withObjects: boolean) {
    this.#pod = pod;
    this.#withObjects = withObjects;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `${this.#withObjects ? "delete" : "unpublish"} ${this.#pod}`;
  }
  async run(model: Model, { rig }: Real): Promise<void> {
    const { code, message } = await rig.unpublish(this.#pod);
    if (code !== "OK") throw broken("an unpublish failed", message);
    if (existsSync(rig.target(this.#pod))) throw broken("an unpublish left the volume", this.#pod);
    if (this.#withObjects) rig.api.remove("secretproviderclasspodstatuses", `${this.#pod}-${NAMESPACE}-app`, NAMESPACE);
    model.volumes.delete(this.#pod);
  }
}

class EditClass implements Command {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  check(): boolean {
    return true;
  }
  toString(): string {
    return `edit the class to k=${this.#value}`;
  }
  async run(model: Model, { rig }: Real): Promise<void> {
    model.store.parameter = this.#value;
    rig.defineClass("app", { k: this.#value });
    await rig.pass(1);
  }
}

const pod = fc.constantFrom(...PODS);

/** Rows of moves; publishes are the most frequent, as with kubelet. */
export function moves(replayPath?: string): fc.Arbitrary<Iterable<Command>> {
  const publish = pod.map((name) => new Publish(name));
  return fc.commands(
    [
      publish,
      publish,
      fc.constantFrom(...NAME_SETS).map((names) => new Rotate(names)),
      fc.boolean().map((isFailing) => new Store(isFailing)),
      fc.constantFrom(seconds(30), minutes(1), INTERVAL_MS).map((ms) => new Pass(ms)),
      fc.constant(new Restart()),
      fc.tuple(pod, fc.constantFrom(...POINTS)).map(([name, point]) => new PublishKilled(name, point)),
      fc.tuple(pod, fc.boolean()).map(([name, withObjects]) => new Unpublish(name, withObjects)),
      fc.constantFrom("v", "w").map((value) => new EditClass(value)),
    ],
    { maxCommands: 25, ...(replayPath !== undefined && { replayPath }) },
  );
}
