import { type Clock, type Random, seededRandom } from "../../../../core/index.ts";
import { type KubeClient, KubeStatusError, type Resource, type WatchEvent } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";

type Watcher = {
  readonly kind: string;
  readonly matches: (object: KubeObject) => boolean;
  readonly push: (event: WatchEvent<KubeObject>) => void;
};

/** As much of an API server as a kubelet needs, in memory. */
export class MemoryApi {
  readonly #clock: Clock;
  readonly #random: Random = seededRandom(7);
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers = new Set<Watcher>();
  readonly log: { verb: string; resource: string; name: string; body: unknown; at: number }[] = [];
  #version = 100;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  client(): KubeClient {
    const call = async <T>(label: string, work: () => T): Promise<T> =>
      await this.#clock.activity.track(label, async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        return work();
      });
    const note = (verb: string, resource: Resource, name: string, body: unknown, sub?: string): void =>
      void this.log.push({
        verb,
        resource: `${resource.plural}${sub ? `/${sub}` : ""}`,
        name,
        body,
        at: this.#clock.now(),
      });
    const client = {
      config: { server: "https://memory", caPem: "", credentials: { kind: "none" } },
      get: (r: Resource, name: string, ns?: string) =>
        call("get", () => {
          note("get", r, name, undefined);
          return this.#need(r, name, ns);
        }),
      find: (r: Resource, name: string, ns?: string) => call("find", () => this.#find(r, name, ns)),
      list: (r: Resource, options: object = {}) =>
        call("list", () => ({
          apiVersion: "v1",
          kind: "List",
          metadata: { resourceVersion: String(this.#version) },
          items: structuredClone(
            [...this.#objects]
              .filter(([k, o]) => k.startsWith(`${r.plural}|`) && matcher(options)(o))
              .map(([, o]) => o),
          ),
        })),
      create: (r: Resource, object: KubeObject, options: { subresource?: string } = {}) =>
        call("create", () => {
          note("create", r, object.metadata.name ?? "", object, options.subresource);
          return this.#create(r, object, options.subresource);
        }),
      update: (r: Resource, object: KubeObject) =>
        call("update", () => {
          note("update", r, object.metadata.name ?? "", object);
          return this.#put(r, object);
        }),
      patch: (
        r: Resource,
        target: { name: string; namespace?: string },
        _t: string,
        body: object,
        o: { subresource?: string } = {},
      ) =>
        call("patch", () => {
          note("patch", r, target.name, body, o.subresource);
          const old = this.#need(r, target.name, target.namespace);
          return this.#put(r, merge(old, body) as KubeObject);
        }),
      delete: (
        r: Resource,
        target: { name: string; namespace?: string },
        options: { gracePeriodSeconds?: number } = {},
      ) =>
        call("delete", () => {
          note("delete", r, target.name, options);
          this.#delete(r, target, options.gracePeriodSeconds);
        }),
      watch: (r: Resource, options: { signal: AbortSignal; channel?: string }) => this.#watch(r, options),
      raw: () => Promise.reject(new Error("no raw")),
      [Symbol.asyncDispose]: async () => {},
    };
    return client as unknown as KubeClient;
  }

  #key(r: Resource, name: string, ns?: string): string {
    return `${r.plural}|${ns ?? ""}|${name}`;
  }

  #find(r: Resource, name: string, ns?: string): KubeObject | undefined {
    const found = this.#objects.get(this.#key(r, name, ns));
    return found === undefined ? undefined : structuredClone(found);
  }

  #need(r: Resource, name: string, ns?: string): KubeObject {
    const found = this.#find(r, name, ns);
    if (found === undefined) throw status(404, "NotFound", `${r.plural} "${name}" not found`);
    return found;
  }

  #create(r: Resource, object: KubeObject, subresource?: string): KubeObject {
    const { name = "", namespace } = object.metadata;
    if (subresource === "token") {
      const spec = (object as unknown as { spec: { expirationSeconds: number } }).spec;
      return {
        ...object,
        spec,
        status: {
          token: `token-${++this.#version}`,
          expirationTimestamp: new Date(this.#clock.now() + spec.expirationSeconds * 1000)
            .toISOString()
            .replace(/\.\d+Z/, "Z"),
        },
      };
    }
    if (this.#find(r, name, namespace) !== undefined)
      throw status(409, "AlreadyExists", `${r.plural} "${name}" already exists`);
    const made = structuredClone(object);
    made.metadata.uid ??= this.#random.uuid();
    made.metadata.creationTimestamp = new Date(this.#clock.now()).toISOString();
    if (r.plural === "pods") made.metadata.generation = 1;
    return this.#put(r, made, "ADDED");
  }

  #put(r: Resource, object: KubeObject, type: "ADDED" | "MODIFIED" = "MODIFIED"): KubeObject {
    object.metadata.resourceVersion = String(++this.#version);
    object.apiVersion ??= "v1";
    object.kind ??= r.kind;
    this.#objects.set(this.#key(r, object.metadata.name ?? "", object.metadata.namespace), object);
    this.#tell(r, type, object);
    return structuredClone(object);
  }

  #delete(r: Resource, target: { name: string; namespace?: string }, grace?: number): void {
    const object = this.#need(r, target.name, target.namespace);
    const spec = object["spec"] as { nodeName?: string; terminationGracePeriodSeconds?: number } | undefined;
    const seconds = grace ?? spec?.terminationGracePeriodSeconds ?? 30;
    const phase = (object["status"] as { phase?: string } | undefined)?.phase;
    const isOver = phase === "Succeeded" || phase === "Failed";
    if (r.plural === "pods" && seconds > 0 && spec?.nodeName !== undefined && !isOver) {
      if (object.metadata.deletionTimestamp !== undefined) return;
      object.metadata.deletionTimestamp = new Date(this.#clock.now() + seconds * 1000).toISOString();
      object.metadata.deletionGracePeriodSeconds = seconds;
      this.#put(r, object);
      return;
    }
    if (r.plural === "pods") {
      object.metadata.deletionTimestamp ??= new Date(this.#clock.now()).toISOString();
      object.metadata.deletionGracePeriodSeconds = 0;
      this.#put(r, object);
    }
    object.metadata.resourceVersion = String(++this.#version);
    this.#objects.delete(this.#key(r, target.name, target.namespace));
    this.#tell(r, "DELETED", object);
  }

  #tell(r: Resource, type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): void {
    for (const watcher of this.#watchers)
      if (watcher.kind === r.plural && watcher.matches(object)) watcher.push({ type, object: structuredClone(object) });
  }

  async *#watch(
    r: Resource,
    options: {
      signal: AbortSignal;
      channel?: string;
      resourceVersion?: string;
      namespace?: string;
      fieldSelector?: string;
      sendInitialEvents?: boolean;
    },
  ): AsyncIterable<WatchEvent<KubeObject>> {
    const queue: WatchEvent<KubeObject>[] = [];
    let wake = Promise.withResolvers<void>();
    const channel = options.channel === undefined ? undefined : this.#clock.activity.channel(options.channel);
    const watcher: Watcher = {
      kind: r.plural,
      matches: matcher(options),
      push: (event) => {
        channel?.sent();
        queue.push(event);
        wake.resolve();
      },
    };
    for (const [key, object] of this.#objects)
      if (
        key.startsWith(`${r.plural}|`) &&
        Number(object.metadata.resourceVersion) > Number(options.resourceVersion ?? 0) &&
        watcher.matches(object)
      )
        watcher.push({ type: "ADDED", object: structuredClone(object) });
    if (options.sendInitialEvents === true) {
      const annotations = { "k8s.io/initial-events-end": "true" };
      const metadata = { resourceVersion: String(this.#version), annotations };
      queue.push({ type: "BOOKMARK", object: { apiVersion: "v1", kind: r.kind, metadata } }); // no reader counts it
    }
    this.#watchers.add(watcher);
    options.signal.addEventListener("abort", () => wake.resolve(), { once: true });
    try {
      while (!options.signal.aborted) {
        for (const event of queue.splice(0)) yield event;
        if (queue.length > 0) continue;
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

function matcher(options: { namespace?: string; fieldSelector?: string }): (object: KubeObject) => boolean {
  const [path, value] = (options.fieldSelector ?? "").split("=");
  return (object) => {
    if (options.namespace !== undefined && object.metadata.namespace !== options.namespace) return false;
    if (!path) return true;
    let at: unknown = object;
    for (const part of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[part];
    return at === value;
  };
}

function status(code: number, reason: string, message: string): KubeStatusError {
  return new KubeStatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code,
    reason,
    message,
  } as never);
}

function merge(old: unknown, change: unknown): unknown {
  if (Array.isArray(change)) {
    if (!change.every((item) => typeof item === "object" && item !== null && "type" in item && "status" in item))
      return change;
    const list = [...((old as { type: string }[] | undefined) ?? [])];
    for (const item of change as { type: string }[]) {
      const at = list.findIndex(({ type }) => type === item.type);
      if (at < 0) list.push(merge({}, item) as { type: string });
      else list[at] = merge(list[at], item) as { type: string };
    }
    return list;
  }
  if (typeof change !== "object" || change === null) return change;
  const result = { ...(typeof old === "object" && old !== null ? (old as object) : {}) } as Record<string, unknown>;
  for (const [key, value] of Object.entries(change))
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  return result;
}
