import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MountproofError, Scope, seededRandom, silentLog, VirtualClock } from "../../../core/index.ts";
import { grpcHandler } from "../../../net/grpc/index.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  decodeJwt,
  type HttpExchange,
  type RunningHttpServer,
  startHttpServer,
} from "../../../net/index.ts";
import { IAMCredentials } from "../../../wire/gen/google_iamcredentials_pb.ts";
import { ParameterManager } from "../../../wire/gen/google_parametermanager_pb.ts";
import { SecretManagerService } from "../../../wire/gen/google_secretmanager_pb.ts";
import { GrpcError, type ServerCall, service } from "../../../wire/grpc/index.ts";
import { type Mounted, ProviderCrash } from "../../kit/index.ts";
import { GcpProvider, type GcpProviderSpec } from "../index.ts";
import { bytesOf, type Probe, type RecordedCall } from "./probe.ts";

/** Nothing listens there: port 1 is nobody's on a loopback address. */
const CLOSED = "127.0.0.1:1";
/** The caller of the recordings gave up after this long. */
const PATIENCE_MS = 4000;

export type Outcome = {
  readonly code: number;
  readonly message: string;
  readonly statusDetails: string | undefined;
  readonly mounted: Mounted | undefined;
  readonly calls: readonly string[];
};

/** ServiceAccounts of the recordings, by name; others are not there. */
const ACCOUNTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sa: {},
  gsa: { "iam.gke.io/gcp-service-account": "gsa@p.iam.gserviceaccount.com" },
  gsad: {
    "iam.gke.io/gcp-service-account": "gsa@p.iam.gserviceaccount.com",
    "iam.gke.io/gcp-service-account-delegates": '["d@p.iam.gserviceaccount.com"]',
  },
  gsax: {
    "iam.gke.io/gcp-service-account": "gsa@p.iam.gserviceaccount.com",
    "iam.gke.io/gcp-service-account-delegates": "x",
  },
};

/** Plays the recorded answers of Google and the API server to the provider, and tells what it did. */
export class ReplayRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #clock = new VirtualClock();
  readonly #folder: string;
  readonly #authority: CertificateAuthority;
  #plain: RunningHttpServer | undefined;
  #google: RunningHttpServer | undefined;
  #provider: GcpProvider | undefined;
  #madeFor: string | undefined;
  #script: RecordedCall[] = [];
  #seen: string[] = [];
  #serviceAccountKey = "";

  private constructor(scope: Scope, folder: string, authority: CertificateAuthority) {
    this.#scope = scope;
    this.#folder = folder;
    this.#authority = authority;
  }

  static async start(): Promise<ReplayRig> {
    return await Scope.run("replay", async (scope) => {
      const folder = await mkdtemp(join(tmpdir(), "mp-gcp-"));
      scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
      const clock = new VirtualClock();
      const rig = new ReplayRig(scope, folder, await createCertificateAuthority({ clock }));
      await rig.#listen();
      return rig;
    });
  }

  async #listen(): Promise<void> {
    const clock = this.#clock;
    const tls = await this.#authority.issue({
      commonName: "googleapis.com",
      dnsNames: ["*.googleapis.com", "*.us-central1.rep.googleapis.com"],
    });
    const grpc = grpcHandler({
      clock,
      services: [
        service(SecretManagerService, { accessSecretVersion: (request, call) => this.#accessed(request, call) }),
        service(ParameterManager, { renderParameterVersion: (request, call) => this.#rendered(request, call) }),
        service(IAMCredentials, { generateAccessToken: (request, call) => this.#lent(request, call) }),
      ],
    });
    this.#google = this.#scope.use(await startHttpServer({ clock, name: "google", http2: true, tls, handler: grpc }));
    this.#plain = this.#scope.use(
      await startHttpServer({ clock, name: "plain", handler: (exchange) => this.#answer(exchange) }),
    );
    this.#serviceAccountKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString()
      .trim();
  }

  /** What the provider counted so far. */
  get metrics(): string {
    return this.#provider?.metrics.text() ?? "";
  }

  async version(probe: Probe): Promise<readonly [string, string]> {
    const { runtimeName, runtimeVersion } = await this.#providerFor(probe);
    return [runtimeName, runtimeVersion];
  }

  async play(probe: Probe): Promise<Outcome> {
    this.#script = [...probe.calls];
    this.#seen = [];
    const provider = await this.#providerFor(probe);
    const gone = new AbortController();
    let outcome: Outcome | undefined;
    const work = provider
      .mount(
        {
          attributes: this.#filled(attributesOf(probe)),
          secrets: this.#filled(probe.secrets ?? ""),
          permission: probe.permission ?? "",
          targetPath: "/t",
          currentVersions: new Map(),
        },
        { signal: gone.signal, log: silentLog },
      )
      .then(
        (mounted) => {
          outcome = { code: 0, message: "", statusDetails: undefined, mounted, calls: this.#seen };
        },
        (error: unknown) => {
          outcome = { ...refusalOf(error), mounted: undefined, calls: this.#seen };
        },
      );
    await this.#clock.advanceUntil(() => outcome !== undefined, isGivenUp(probe) ? PATIENCE_MS - 1 : 300_000);
    // The recording holds what the caller's own library said when it gave up.
    const { code = 0, message = "" } = probe.response;
    const ended: Outcome = outcome ?? {
      code,
      message,
      statusDetails: undefined,
      mounted: undefined,
      calls: [...this.#seen],
    };
    if (outcome === undefined) gone.abort(new Error("the caller gave up"));
    await work;
    if (probe.died === true) await this.#forget();
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    await this.#scope[Symbol.asyncDispose]();
  }

  async #forget(): Promise<void> {
    await this.#provider?.[Symbol.asyncDispose]();
    this.#provider = undefined;
    this.#madeFor = undefined;
  }

  /** One process of the real provider served all probes of a set-up. */
  async #providerFor({ setup = "", title }: Probe): Promise<GcpProvider> {
    const wanted = /hosts file|plain build/.test(setup) ? "" : setup;
    const isSame = this.#madeFor === wanted || wanted === "same process";
    if (this.#provider !== undefined && isSame && wanted !== "metadata 404") return this.#provider;
    await this.#forget();
    this.#madeFor = wanted;
    this.#provider = new GcpProvider(await this.#specOf(wanted, title));
    return this.#provider;
  }

  async #specOf(setup: string, title: string): Promise<GcpProviderSpec> {
    const plain = this.#plain as RunningHttpServer;
    const isGke = !/unset|metadata/.test(setup);
    const file = join(this.#folder, "credentials.json");
    if (setup === "metadata 404") await writeFile(file, credentialsFile(title));
    const host = /refuses/.test(setup) ? CLOSED : `${plain.host}:${plain.port}`;
    return {
      clock: this.#clock,
      log: silentLog,
      behaviour: "upstream",
      // The longest wait each time: how often the real one asked within its time is a matter of luck otherwise.
      random: { ...seededRandom(1), next: () => 0 },
      caPem: this.#authority.certPem,
      dialer: async (name, port) => {
        if (name === "127.0.0.1") return connect({ host: name, port });
        const google = this.#google as RunningHttpServer;
        if (name.endsWith(".googleapis.com") && !name.includes(".global."))
          return connect({ host: google.host, port: google.port });
        throw new MountproofError("unavailable", { message: `lookup ${name}: no such host` });
      },
      environment: {
        ...(isGke && { PROJECT: "p", CLUSTER_LOCATION: "l", CLUSTER_NAME: "c" }),
        ...(!/GCE_METADATA_HOST unset/.test(setup) && { GCE_METADATA_HOST: host }),
        GAIA_TOKEN_EXCHANGE_ENDPOINT: `${plain.url}/exchange`,
        ...(setup === "metadata 404" && { GOOGLE_APPLICATION_CREDENTIALS: file }),
        ...(setup.startsWith("ALLOW_") && { ALLOW_NODE_PUBLISH_SECRET: setup.split("=")[1] ?? "" }),
        HOME: this.#folder,
      },
      kubeConfig: { server: plain.url, caPem: "", credentials: { kind: "none" } },
    };
  }

  #next(to: string, method: string, url: string): RecordedCall | undefined {
    const at = this.#script.findIndex((call) => call.to === to && call.method === method && call.url === url);
    return at < 0 ? undefined : this.#script.splice(at, 1)[0];
  }

  async #answer(exchange: HttpExchange): Promise<void> {
    const { method, path } = exchange;
    const url = exchange.raw.request.url ?? "";
    const to = path.startsWith("/api/") ? "kubernetes" : (SERVERS[path.split("/")[1] ?? ""] ?? "nobody");
    const body = (await exchange.body()).toString("utf8");
    this.#seen.push(shownCall({ to, method, url, body: shownBody(to, body), answer: {} }));
    if (to === "kubernetes") return answerKubernetes(exchange);
    const call = this.#next(to, method, url);
    if (call === undefined) return exchange.respond(599, {}, "not recorded");
    exchange.respond(
      call.answer.status ?? 200,
      to === "metadata" ? { "metadata-flavor": "Google" } : { "content-type": "application/json" },
      call.answer.body ?? "",
    );
  }

  #called(to: string, body: object, call: ServerCall): RecordedCall["answer"] {
    this.#seen.push(
      shownCall({
        to,
        method: "gRPC",
        url: call.method,
        host: call.authority,
        authorization: call.metadata.get("authorization") ?? "",
        params: call.metadata.get("x-goog-request-params") ?? "",
        body: JSON.stringify(body),
        answer: {},
      }),
    );
    const answer = this.#next(to, "gRPC", call.method)?.answer ?? { code: 13, message: "not recorded" };
    if (answer.code !== undefined) throw new GrpcError(answer.code, answer.message ?? "");
    return answer;
  }

  #accessed({ name }: { readonly name: string }, call: ServerCall) {
    const answer = this.#called("secretmanager", { name }, call);
    return {
      name: answer.name ?? "",
      ...(answer.payload !== undefined && { payload: { data: bytesOf(answer.payload.data) } }),
    };
  }

  #rendered({ name }: { readonly name: string }, call: ServerCall) {
    const answer = this.#called("parametermanager", { name }, call);
    return {
      parameterVersion: answer.parameter_version ?? "",
      renderedPayload: bytesOf(answer.rendered_payload),
    };
  }

  #lent(request: { readonly name: string; readonly scope: string[]; readonly delegates: string[] }, call: ServerCall) {
    const { name, scope, delegates } = request;
    const body = { name, scope, ...(delegates.length > 0 && { delegates }) };
    return { accessToken: this.#called("iamcredentials", body, call).access_token ?? "" };
  }

  #filled(text: string): string {
    const key = JSON.stringify(JSON.stringify(this.#serviceAccountKey).slice(1, -1)).slice(1, -1);
    return text.replaceAll("<private key>", key).replaceAll("<port>", String(this.#plain?.port));
  }
}

const SERVERS: Readonly<Record<string, string>> = {
  exchange: "token-exchange",
  computeMetadata: "metadata",
  "jwt-token": "token_uri",
};

function attributesOf({ attributes = {} }: Probe): string {
  return "raw" in attributes ? String(attributes.raw) : JSON.stringify(attributes);
}

/** The caller's time ran out in the recording. */
function isGivenUp({ response }: Probe): boolean {
  return response.code === 1 || response.code === 4;
}

function credentialsFile(title: string): string {
  const audience = title.includes("//iam.googleapis.com/")
    ? "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/x/providers/y"
    : "identitynamespace:P:V";
  const type = title === "authorized_user" ? title : "external_account";
  return JSON.stringify({ type, audience });
}

async function answerKubernetes(exchange: HttpExchange): Promise<void> {
  const [, , , , namespace, , name = "", subresource] = exchange.path.split("/");
  const annotations = ACCOUNTS[name];
  if (annotations === undefined)
    return exchange.json(404, {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: "NotFound",
      code: 404,
      message: `serviceaccounts "${name}" not found`,
    });
  if (subresource === "token") return exchange.json(201, { status: { token: "[jwt]" } });
  exchange.json(200, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, annotations } });
}

/** What of a body is compared: the same things whatever its encoding. */
function shownBody(to: string, body: string): string {
  if (to === "kubernetes" && body !== "") {
    const { audiences, expirationSeconds, boundObjectRef } = JSON.parse(body).spec;
    return JSON.stringify({ audiences, expirationSeconds, pod: boundObjectRef.name });
  }
  if (to !== "token_uri") return body;
  const form = new URLSearchParams(body);
  decodeJwt(form.get("assertion") ?? ""); // throws for what is none
  return `assertion=[jwt]&grant_type=${encodeURIComponent(form.get("grant_type") ?? "")}`;
}

export function shownCall({
  to,
  method,
  url,
  host = "",
  authorization = "",
  params = "",
  body = "",
}: RecordedCall): string {
  return [to, method, url, host, authorization, params, body].filter((part) => part !== "").join(" ");
}

function refusalOf(error: unknown): Pick<Outcome, "code" | "message" | "statusDetails"> {
  // The caller's library has its own words for a connection that dropped.
  if (error instanceof ProviderCrash) return { code: 14, message: "Connection dropped", statusDetails: undefined };
  if (!(error instanceof GrpcError))
    return { code: 2, message: String((error as Error).message), statusDetails: undefined };
  const { code, details, statusDetails } = error;
  return {
    code,
    // A trailing blank does not reach a caller on Node (the recordings' README, GCP 5).
    message: details.endsWith(" ") ? "" : details,
    statusDetails: statusDetails === undefined ? undefined : Buffer.from(statusDetails).toString("base64"),
  };
}
