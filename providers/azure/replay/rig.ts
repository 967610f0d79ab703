import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scope, seededRandom, silentLog, VirtualClock } from "../../../core/index.ts";
import {
  createCertificateAuthority,
  type Dialer,
  type HttpExchange,
  type RunningHttpServer,
  startHttpServer,
} from "../../../net/index.ts";
import { GrpcError } from "../../../wire/grpc/index.ts";
import { type Mounted, ProviderCrash } from "../../kit/index.ts";
import { AzureProvider, type AzureProviderSpec } from "../index.ts";
import { AzureMetrics } from "../metrics.ts";
import type { Probe, RecordedCall } from "./probe.ts";

/** What stands for `<port>`: nobody listens there, the dialer leads elsewhere. */
const TLS_PORT = 18443;
const PROXY_PORT = 18444;
const PLAIN_PORT = 18080;
const NAMES = ["*.vault.azure.net", "*.vault.test", "login.microsoftonline.com", "x.ests.aks"];

export type Outcome = {
  readonly code: string;
  readonly message: string;
  readonly mounted: Mounted | undefined;
  readonly calls: readonly string[];
};

/** Plays the recorded answers of Azure to the provider in `upstream`, and tells what it did. */
export class ReplayRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #clock: VirtualClock;
  readonly #folder: string;
  #caPem = "";
  #dialer: Dialer | undefined;
  #provider: AzureProvider | undefined;
  #metrics = new AzureMetrics();
  #made = "";
  #script: RecordedCall[] = [];
  #seen: string[] = [];

  private constructor(scope: Scope, clock: VirtualClock, folder: string) {
    this.#scope = scope;
    this.#clock = clock;
    this.#folder = folder;
  }

  static async start(): Promise<ReplayRig> {
    return await Scope.run("replay", async (scope) => {
      const clock = new VirtualClock();
      const folder = await mkdtemp(join(tmpdir(), "mp-azure-"));
      scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
      const rig = new ReplayRig(scope, clock, folder);
      const authority = await createCertificateAuthority({ clock });
      const tls = await authority.issue({ commonName: "azure", dnsNames: NAMES, ipAddresses: ["127.0.0.1"] });
      const serve = async (to: string | undefined, secured: boolean): Promise<RunningHttpServer> =>
        scope.use(
          await startHttpServer({
            clock,
            name: to ?? "azure",
            ...(secured && { tls }),
            handler: (exchange) => rig.#answer(exchange, to),
          }),
        );
      const [https, proxy, http] = [
        await serve(undefined, true),
        await serve("token-proxy", true),
        await serve(undefined, false),
      ];
      rig.#caPem = authority.certPem;
      rig.#dialer = async (_host, port) => {
        const isPlain = port === 80 || port === 2579 || port === PLAIN_PORT;
        const server = port === PROXY_PORT ? proxy : isPlain ? http : https;
        return connect({ host: server.host, port: server.port, noDelay: true });
      };
      await writeFile(
        join(folder, "env.json"),
        JSON.stringify({
          name: "AzureStackCloud",
          activeDirectoryEndpoint: `https://127.0.0.1:${TLS_PORT}/`,
          keyVaultEndpoint: "https://vault.test:8443",
          keyVaultDNSSuffix: "vault.test:8443",
        }),
      );
      return rig;
    });
  }

  async play(probe: Probe): Promise<Outcome> {
    this.#script = [...probe.calls];
    this.#seen = [];
    const provider = await this.#providerFor(probe);
    const { attributes = {}, secrets = "", permission = "" } = probe.request ?? {};
    let outcome: Outcome | undefined;
    const gone = new AbortController();
    const work = provider
      .mount(
        {
          attributes: attributes.raw ?? this.#filled(JSON.stringify(attributes)),
          secrets,
          permission,
          targetPath: "/target",
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
    return outcome ?? { code: "none", message: "", mounted: undefined, calls: this.#seen };
  }

  /** How often what was counted, since the last new process. */
  async counts(): Promise<string[]> {
    return (await this.#metrics.text()).split("\n").filter((line) => /^\w+_count\{/.test(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    await this.#scope[Symbol.asyncDispose]();
  }

  async #forget(): Promise<void> {
    await this.#provider?.[Symbol.asyncDispose]();
    this.#provider = undefined;
    this.#made = "";
  }

  /** One process of the real provider served many probes: what one leaves behind, the next one finds. */
  async #providerFor({ setup = "", fresh }: Probe): Promise<AzureProvider> {
    const flags = setup.match(/-[a-z-]+=\S+/g)?.join(" ") ?? "";
    const isAppService = setup.includes("IDENTITY_ENDPOINT");
    const wanted = `${flags} ${isAppService}`;
    if (this.#provider !== undefined && this.#made === wanted && fresh !== true) return this.#provider;
    await this.#forget();
    this.#made = wanted;
    this.#metrics = new AzureMetrics();
    const spec: AzureProviderSpec = {
      clock: this.#clock,
      metrics: this.#metrics,
      log: silentLog,
      random: seededRandom(7),
      behaviour: "upstream",
      caPem: this.#caPem,
      ...(this.#dialer && { dialer: this.#dialer }),
      constructPemChain: !flags.includes("-construct-pem-chain=false"),
      writeCertAndKeyInSeparateFiles: flags.includes("-write-cert-and-key-in-separate-files=true"),
      tokenProxy: { url: `https://127.0.0.1:${PROXY_PORT}`, sniName: "x.ests.aks" },
      environment: isAppService
        ? { IDENTITY_ENDPOINT: `http://127.0.0.1:${PLAIN_PORT}/msi/token`, IDENTITY_HEADER: "secret-header" }
        : {},
    };
    this.#provider = new AzureProvider(spec);
    return this.#provider;
  }

  async #answer(exchange: HttpExchange, to: string | undefined): Promise<void> {
    const { method, headers } = exchange;
    const host = headers.host ?? "";
    const body = (await exchange.body()).toString("utf8");
    const seen = {
      to: to ?? roleOf(host),
      method,
      host: this.#emptied(host),
      url: exchange.raw.request.url ?? "",
      headers: headers as Readonly<Record<string, string>>,
      body,
    };
    this.#seen.push(shownCall(seen));
    const [call] = this.#script.splice(0, 1);
    if (call === undefined) return exchange.respond(599, {}, "not recorded");
    exchange.respond(
      call.answer.status,
      { "content-type": "application/json; charset=utf-8", ...call.answer.headers },
      this.#filled(call.answer.body ?? ""),
    );
  }

  #filled(text: string): string {
    return text.replaceAll("127.0.0.1:<port>", `127.0.0.1:${TLS_PORT}`).replaceAll("<dir>", this.#folder);
  }

  #emptied(text: string): string {
    return text.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>");
  }
}

function roleOf(host: string): string {
  if (host.startsWith("169.254.")) return "imds";
  if (host.endsWith(":2579")) return "nmi";
  if (host === `127.0.0.1:${PLAIN_PORT}`) return "app-service";
  return host.startsWith("login.") || host.startsWith("127.") ? "aad" : "keyvault";
}

/** What says who asks, and for whom. */
const COMPARED_HEADERS = ["authorization", "metadata", "podname", "podns", "x-identity-header"];

/** A call as it is compared: the recorded one and ours alike. */
export function shownCall(call: Omit<RecordedCall, "answer">): string {
  const { to, method, host, url, headers = {}, body = "" } = call;
  const shown = COMPARED_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [`${name}=${headers[name]}`]));
  return `${to} ${method} ${host} ${url.replace(/^http:\/\/[^/]+/, "")} ${shown.join(" ")} ${body}`.trim();
}

function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ProviderCrash) return { code: "UNAVAILABLE", message: "crash" };
  if (error instanceof GrpcError)
    return { code: error.codeName.replace(/(?<=[a-z])([A-Z])/g, "_$1").toUpperCase(), message: error.details };
  return { code: "UNKNOWN", message: error instanceof Error ? error.message : String(error) };
}
