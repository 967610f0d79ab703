import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Clock, hours, Scope } from "../../core/index.ts";
import type { KubeConfig, KubeObject } from "../../kube/index.ts";
import { createCertificateAuthority, type HttpExchange, type StreamWriter, startHttpServer } from "../../net/index.ts";

/** A request that the stand-in answered. */
export type ApiRequest = { readonly method: string; readonly path: string; readonly status: number };

export interface ApiStandIn extends AsyncDisposable {
  readonly kubeConfig: KubeConfig;
  readonly requests: readonly ApiRequest[];
  put(plural: string, object: KubeObject): KubeObject;
  find(plural: string, name: string, namespace: string): KubeObject | undefined;
  list(plural: string): KubeObject[];
  remove(plural: string, name: string, namespace: string): void;
  /** While it is out of order every connection is cut without an answer, watches too. */
  outage(isOut: boolean): void;
  /** Answers the next requests that match with this Status instead; `times` of them. */
  refuse(
    match: RegExp,
    status: { readonly code: number; readonly reason: string; readonly message: string },
    times?: number,
  ): void;
}

type Refusal = {
  readonly match: RegExp;
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  times: number;
};
type Watcher = {
  readonly plural: string;
  readonly selects: Selects;
  readonly stream: StreamWriter;
  readonly socket: Destroyable;
  readonly channel: string | undefined;
};

type Change = { readonly type: string; readonly plural: string; readonly object: KubeObject };
type Destroyable = { destroy(): unknown };
type Selects = (object: KubeObject) => boolean;

const KINDS: Readonly<Record<string, string>> = {
  secretproviderclasses: "SecretProviderClass",
  secretproviderclasspodstatuses: "SecretProviderClassPodStatus",
  events: "Event",
  pods: "Pod",
  secrets: "Secret",
  csidrivers: "CSIDriver",
};
/** How long the tokens live that are handed out. */
const TOKEN_LIFE_MS = hours(1);
const PATH = /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/;

/** As much of an API server as the driver talks to: list, watch, get, create, update. For tests of the driver alone. */
export async function startApiStandIn(clock: Clock): Promise<ApiStandIn> {
  return await Scope.run("API stand-in", async (scope) => {
    const ca = await createCertificateAuthority({ clock });
    const issued = await ca.issue({ commonName: "api", ipAddresses: ["127.0.0.1"] });
    const objects = new Map<string, KubeObject>();
    const watchers = new Set<Watcher>();
    const requests: ApiRequest[] = [];
    const refusals: Refusal[] = [];
    const history: Change[] = [];
    let version = 100;

    const keyOf = (plural: string, name: string, namespace: string): string => `${plural}/${namespace}/${name}`;
    const tell = (type: string, plural: string, object: KubeObject): void => {
      history.push({ type, plural, object });
      for (const watcher of watchers) show(watcher, { type, plural, object });
    };
    const show = ({ plural, selects, channel, stream }: Watcher, change: Change): void => {
      if (plural !== change.plural || !selects(change.object)) return;
      if (channel !== undefined) clock.activity.channel(channel)?.sent();
      stream.write(`${JSON.stringify({ type: change.type, object: change.object })}\n`);
    };
    const store = (plural: string, object: KubeObject): KubeObject => {
      const { name = "", namespace = "" } = object.metadata;
      const key = keyOf(plural, name, namespace);
      const before = objects.get(key);
      const metadata = {
        uid: randomUUID(),
        ...before?.metadata,
        ...object.metadata,
        resourceVersion: before?.metadata.resourceVersion ?? "",
      };
      // Unlike a merge, a replaced object loses the labels and owners it does not bring.
      for (const field of ["labels", "ownerReferences"] as const)
        if (object.metadata[field] === undefined) delete metadata[field];
      // Who writes what stands there already changes nothing, and nobody is told.
      if (before !== undefined && isDeepStrictEqual(before, { ...object, metadata })) return before;
      const stored = { ...object, metadata: { ...metadata, resourceVersion: String(++version) } };
      objects.set(key, stored);
      tell(before === undefined ? "ADDED" : "MODIFIED", plural, stored);
      return stored;
    };
    const refuse = (exchange: HttpExchange, code: number, reason: string, message: string, name = ""): void =>
      exchange.json(code, {
        apiVersion: "v1",
        kind: "Status",
        metadata: {},
        status: "Failure",
        code,
        reason,
        message,
        details: { name },
      });

    let isOut = false;
    const answer = async (exchange: HttpExchange): Promise<void> => {
      if (isOut) return void exchange.raw.request.socket.destroy();
      const [, namespace = "", plural = "", name = "", subresource = ""] = PATH.exec(exchange.path) ?? [];
      const refusal = refusals.find(
        ({ match, times }) => times > 0 && match.test(`${exchange.method} ${exchange.path}`),
      );
      if (refusal !== undefined) {
        refusal.times--;
        return refuse(exchange, refusal.code, refusal.reason, refusal.message);
      }
      const known = objects.get(keyOf(plural, name, namespace));
      const notFound = `${plural}.secrets-store.csi.x-k8s.io "${name}" not found`;
      const selects = selectorOf(exchange.query.get("labelSelector") ?? "");
      if (exchange.method === "GET" && name === "") {
        if (exchange.query.get("watch") === "true") {
          const channel = exchange.headers["x-mountproof-watch"];
          const stream = exchange.stream(200, { "content-type": "application/json" });
          const { socket } = exchange.raw.request;
          const watcher = {
            plural,
            selects,
            stream,
            socket,
            channel: typeof channel === "string" ? channel : undefined,
          };
          const since = Number(exchange.query.get("resourceVersion") ?? "0");
          for (const change of history)
            if (Number(change.object.metadata.resourceVersion) > since) show(watcher, change);
          watchers.add(watcher);
          exchange.signal.addEventListener("abort", () => watchers.delete(watcher));
          return;
        }
        const items = [...objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object);
        return exchange.json(200, {
          apiVersion: "v1",
          kind: `${KINDS[plural]}List`,
          metadata: { resourceVersion: String(version) },
          items: items.filter(selects),
        });
      }
      if (exchange.method === "GET")
        return known === undefined ? refuse(exchange, 404, "NotFound", notFound, name) : exchange.json(200, known);
      const body = JSON.parse((await exchange.body()).toString("utf8")) as KubeObject;
      if (exchange.method === "POST" && subresource === "token")
        return exchange.json(201, {
          ...body,
          status: {
            token: `token-${++version}`,
            expirationTimestamp: new Date(clock.now() + TOKEN_LIFE_MS).toISOString(),
          },
        });
      if (exchange.method === "POST") {
        const taken = body.metadata.name ?? "";
        if (objects.has(keyOf(plural, taken, namespace)))
          return refuse(
            exchange,
            409,
            "AlreadyExists",
            `${plural}.secrets-store.csi.x-k8s.io "${taken}" already exists`,
            taken,
          );
        return exchange.json(201, store(plural, { ...body, metadata: { ...body.metadata, namespace } }));
      }
      if (known === undefined) return refuse(exchange, 404, "NotFound", notFound, name);
      if (exchange.method === "PATCH")
        return exchange.json(
          200,
          store(plural, { ...known, ...body, metadata: { ...known.metadata, ...body.metadata } }),
        );
      const { resourceVersion } = body.metadata;
      if (resourceVersion !== undefined && resourceVersion !== known.metadata.resourceVersion)
        return refuse(exchange, 409, "Conflict", `Operation cannot be fulfilled on ${plural} "${name}"`, name);
      exchange.json(200, store(plural, body));
    };

    const server = scope.use(
      await startHttpServer({
        clock,
        name: "API stand-in",
        tls: issued,
        handler: async (exchange) => {
          const { response } = exchange.raw;
          response.once("close", () =>
            requests.push({ method: exchange.method, path: exchange.path, status: response.statusCode }),
          );
          await answer(exchange);
        },
      }),
    );
    return {
      kubeConfig: { server: server.url, caPem: ca.certPem, credentials: { kind: "none" } },
      requests,
      put: store,
      find: (plural, name, namespace) => objects.get(keyOf(plural, name, namespace)),
      list: (plural) => [...objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object),
      remove: (plural, name, namespace) => {
        const key = keyOf(plural, name, namespace);
        const object = objects.get(key);
        objects.delete(key);
        if (object !== undefined)
          tell("DELETED", plural, { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } });
      },
      outage: (wanted) => {
        isOut = wanted;
        if (!isOut) return;
        for (const { socket } of watchers) socket.destroy();
      },
      refuse: (match, status, times = Number.POSITIVE_INFINITY) => void refusals.push({ match, ...status, times }),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  });
}

/** `key=value`, several with commas; an object that changes so that it is not selected any more is not told of. */
function selectorOf(text: string): Selects {
  const wanted = text === "" ? [] : text.split(",").map((part) => part.split("="));
  return ({ metadata }) => wanted.every(([key = "", value = ""]) => metadata.labels?.[key] === value);
}
