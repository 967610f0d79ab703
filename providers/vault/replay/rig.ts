import { createHash } from "node:crypto";
import { type Clock, Scope, silentLog, VirtualClock } from "../../../core/index.ts";
import { type HttpExchange, type RunningHttpServer, startHttpServer } from "../../../net/index.ts";
import { GrpcError } from "../../../wire/grpc/index.ts";
import { type Mounted, ProviderCrash } from "../../kit/index.ts";
import { VaultProvider, type VaultProviderSpec } from "../index.ts";
import type { Probe, RecordedCall } from "./probe.ts";

/** Nothing listens there: port 1 is nobody's on a loopback address. */
const CLOSED = "127.0.0.1:1";
const NAMESPACE = "vr-csi";

export type Outcome = {
  readonly code: string;
  readonly message: string;
  readonly mounted: Mounted | undefined;
  readonly calls: readonly string[];
};

/** Plays the recorded answers of Vault and API server to the provider, and tells what it did. */
export class ReplayRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #clock: VirtualClock;
  readonly #vault: RunningHttpServer;
  readonly #second: RunningHttpServer;
  readonly #api: RunningHttpServer;
  #provider: VaultProvider | undefined;
  #made = "";
  #script: RecordedCall[] = [];
  #apiScript: Probe["api"][number][] = [];
  #seen: string[] = [];
  #probe: Probe | undefined;
  /** Changes when the recorded HMAC Secret was made anew. */
  #generation = 0;

  private constructor(
    scope: Scope,
    clock: VirtualClock,
    servers: readonly [RunningHttpServer, RunningHttpServer, RunningHttpServer],
  ) {
    this.#scope = scope;
    this.#clock = clock;
    [this.#vault, this.#second, this.#api] = servers;
  }

  static async start(): Promise<ReplayRig> {
    return await Scope.run("replay", async (scope) => {
      const clock = new VirtualClock();
      let rig: ReplayRig | undefined;
      const serve = async (name: string, handler: (rig: ReplayRig, exchange: HttpExchange) => Promise<void>) =>
        scope.use(
          await startHttpServer({
            clock: clock as Clock,
            name,
            handler: async (exchange) => {
              if (rig !== undefined) await handler(rig, exchange);
            },
          }),
        );
      const vault = await serve("vault", (self, exchange) => self.#answerVault(exchange, undefined));
      const second = await serve("second", (self, exchange) => self.#answerVault(exchange, "second"));
      const api = await serve("api", (self, exchange) => self.#answerApi(exchange));
      rig = new ReplayRig(scope, clock, [vault, second, api]);
      return rig;
    });
  }

  async play(probe: Probe): Promise<Outcome> {
    this.#probe = probe;
    this.#script = [...probe.calls];
    this.#apiScript = [...probe.api];
    this.#seen = [];
    const provider = await this.#providerFor(probe);
    const gone = new AbortController();
    let outcome: Outcome | undefined;
    const work = provider
      .mount(
        {
          attributes: this.#filled(probe.attributes),
          secrets: "{}",
          permission: probe.permission,
          targetPath: probe.target,
          currentVersions: new Map(),
        },
        { signal: gone.signal, log: silentLog },
      )
      .then(
        (mounted) => {
          outcome = { code: "OK", message: "", mounted, calls: this.#seen };
        },
        (error: unknown) => {
          outcome = { ...refusalOf(error), mounted: undefined, calls: this.#seen };
        },
      );
    await this.#clock.advanceUntil(() => outcome !== undefined, 300_000);
    if (outcome === undefined) gone.abort(new Error("no answer"));
    await work;
    if (probe.died === true) await this.#forget();
    const ended = outcome as Outcome | undefined;
    return ended === undefined
      ? { code: "none", message: "", mounted: undefined, calls: this.#seen }
      : { ...ended, message: this.#emptied(ended.message) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#forget().then(() => this.#scope[Symbol.asyncDispose]());
  }

  async #forget(): Promise<void> {
    await this.#provider?.[Symbol.asyncDispose]();
    this.#provider = undefined;
    this.#made = "";
  }

  /** One process of the real provider served many probes: a new one only where flags or environment changed. */
  async #providerFor(probe: Probe): Promise<VaultProvider> {
    const isApiUp = !/API server (down|unreachable)/.test(probe.title);
    const wanted = JSON.stringify([probe.flags, probe.env, isApiUp, /VAULT_ADDR only|no address/.test(probe.title)]);
    if (/after a restart/.test(probe.title)) await this.#forget();
    if (this.#provider !== undefined && this.#made === wanted) return this.#provider;
    await this.#forget();
    this.#made = wanted;
    this.#provider = new VaultProvider(this.#specOf(probe, isApiUp));
    return this.#provider;
  }

  #specOf({ title, flags = [], env = { VAULT_MAX_RETRIES: "0" } }: Probe, isApiUp: boolean): VaultProviderSpec {
    const flag = (name: string): string | undefined => {
      const found = flags.find((one) => one === `-${name}` || one.startsWith(`-${name}=`));
      return found === undefined ? undefined : this.#filled(found.split("=").slice(1).join("="));
    };
    const environment = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, this.#filled(value)]));
    const [vaultMount, vaultNamespace, hmacSecretName, cacheSize] = [
      flag("vault-mount"),
      flag("vault-namespace"),
      flag("hmac-secret-name"),
      flag("cache-size"),
    ];
    return {
      clock: this.#clock,
      log: silentLog,
      behaviour: "upstream",
      namespace: NAMESPACE,
      environment,
      ...(!/VAULT_ADDR only|no address/.test(title) && { vaultAddress: this.#vault.url }),
      ...(vaultMount !== undefined && { vaultMount }),
      ...(vaultNamespace !== undefined && { vaultNamespace }),
      ...(hmacSecretName !== undefined && { hmacSecretName }),
      ...(cacheSize !== undefined && { cacheSize: Number(cacheSize) }),
      kubeConfig: {
        server: isApiUp ? this.#api.url : `https://${CLOSED}`,
        caPem: "",
        credentials: { kind: "none" },
      },
    };
  }

  async #answerVault(exchange: HttpExchange, via: string | undefined): Promise<void> {
    const { headers, method, rawPath: path, query } = exchange;
    const body = (await exchange.body()).toString("utf8");
    const seen = { method, path, query: query.toString(), token: headers["x-vault-token"] ?? "", body };
    this.#seen.push(shownCall({ ...seen, token: String(seen.token), via: via ?? "" }));
    const at = this.#script.findIndex((call) => call.method === method && call.path === path);
    const [call] = at < 0 ? [] : this.#script.splice(at, 1);
    if (call === undefined) return exchange.respond(599, {}, "not recorded");
    if (call.status === null) {
      if (call.response?.includes("reset") === true) return exchange.destroy();
      exchange.activity.park();
      return;
    }
    const location = [301, 302, 307].includes(call.status) && this.#script.some(({ via: next }) => next === "second");
    const type = call.response?.startsWith("{") === true ? { "content-type": "application/json" } : {};
    const namespaceHeader = /Namespace: (\S+)/.exec(this.#probe?.response.message ?? "")?.[1];
    exchange.respond(
      call.status,
      {
        ...type,
        ...(location && { location: `${this.#second.url}${exchange.raw.request.url}` }),
        ...(call.status >= 400 && namespaceHeader !== undefined && { "x-vault-namespace": namespaceHeader }),
        ...(call.status >= 400 && this.#probe?.case === "VT-23d" && { "x-vault-namespace": "root/" }),
      },
      call.status === 204 || call.status === 304 ? undefined : this.#filled(call.response ?? ""),
    );
  }

  async #answerApi(exchange: HttpExchange): Promise<void> {
    const { method, path } = exchange;
    const at = this.#apiScript.findIndex((call) => call.method === method && call.path === path);
    const [recorded] = at < 0 ? [] : this.#apiScript.splice(at, 1);
    const status = recorded?.status ?? 404;
    if (path.endsWith("/token")) {
      if (status === 201) {
        const login = this.#probe?.calls.find((call) => call.path.endsWith("/login"));
        const { jwt } = JSON.parse(login?.body ?? "{}") as { jwt?: string };
        return exchange.json(201, {
          kind: "TokenRequest",
          apiVersion: "authentication.k8s.io/v1",
          metadata: {},
          status: { token: jwt },
        });
      }
      const message = /\}: ([\s\S]*)$/.exec(this.#probe?.response.message ?? "")?.[1] ?? "";
      return exchange.json(status, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message,
        code: status,
      });
    }
    const name = path.split("/").at(-1) ?? "";
    if (method === "POST" && status === 201) {
      this.#generation++;
      const made = JSON.parse((await exchange.body()).toString("utf8")) as { metadata: object };
      return exchange.json(201, { ...made, data: { key: this.#key("vault-csi-provider-hmac-key") } });
    }
    if (status === 200)
      return exchange.json(200, {
        kind: "Secret",
        apiVersion: "v1",
        metadata: { name, namespace: NAMESPACE },
        ...(name !== "key-none" && { data: { key: name === "key-empty" ? "" : this.#key(name) } }),
      });
    const reason = status === 404 ? "NotFound" : status === 409 ? "AlreadyExists" : "Forbidden";
    exchange.json(status, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason,
      details: { name },
      code: status,
    });
  }

  #key(name: string): string {
    return createHash("sha256").update(`${name} ${this.#generation}`).digest("base64");
  }

  /** Placeholders for what this run has. */
  #filled(text: string): string {
    return text
      .replaceAll("<vault>", this.#vault.url.replace("http://", ""))
      .replaceAll("<vault-2>", this.#second.url.replace("http://", ""))
      .replaceAll("<closed>", CLOSED);
  }

  #emptied(text: string): string {
    return text
      .replaceAll(this.#vault.url.replace("http://", ""), "<vault>")
      .replaceAll(this.#second.url.replace("http://", ""), "<vault-2>")
      .replaceAll(CLOSED, "<closed>");
  }
}

/** A call as it is compared: the recorded one and ours alike. */
export function shownCall(call: {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly token?: string;
  readonly body?: string;
  readonly via?: string;
}): string {
  const { method, path, query = "", token = "", body = "", via = "" } = call;
  const place = via === "second" ? "second " : "";
  return `${place}${method} ${path}${query === "" ? "" : `?${decodeURIComponent(query)}`} ${token} ${body}`
    .replace(/\[jwt ([^\]]*)\]/g, "<jwt $1>")
    .trim();
}

function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ProviderCrash) return { code: "UNAVAILABLE", message: "crash" };
  if (error instanceof GrpcError)
    return { code: error.codeName.replace(/(?<=[a-z])([A-Z])/g, "_$1").toUpperCase(), message: error.details };
  return { code: "UNKNOWN", message: error instanceof Error ? error.message : String(error) };
}
