import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Random, Scope, silentLog, systemRandom, VirtualClock } from "../../../core/index.ts";
import {
  createCertificateAuthority,
  createDialer,
  type HttpExchange,
  loopbackResolver,
  type RunningHttpServer,
  startHttpServer,
} from "../../../net/index.ts";
import { GrpcError } from "../../../wire/grpc/index.ts";
import { type Mounted, ProviderCrash } from "../../kit/index.ts";
import { AwsProvider } from "../index.ts";
import type { Probe, RecordedCall } from "./probe.ts";

export type SeenFile = readonly [path: string, mode: number, base64: string];

export type Outcome = {
  readonly code: string;
  readonly message: string;
  readonly mounted: Mounted | undefined;
  readonly calls: readonly string[];
  readonly written: readonly SeenFile[];
};

type Part = RecordedCall["to"];

/** Nothing listens there: port 1 is nobody's on a loopback address. */
const CLOSED = { host: "127.0.0.1", port: 1 };
/** Files are flushed one by one: not to a disk. */
const MEMORY = "/dev/shm";
const PATIENCE_MS = 300_000;

/** Plays the recorded answers of AWS and the API server to the provider, and tells what it did. */
export class ReplayRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #clock: VirtualClock;
  readonly #caPem: string;
  readonly #servers: Readonly<Record<"plain" | "tls", RunningHttpServer>>;
  readonly #folder: string;
  #script: RecordedCall[] = [];
  #seen: string[] = [];
  #provider: AwsProvider | undefined;
  #setup = "";
  #drawn = 0;

  private constructor(
    scope: Scope,
    clock: VirtualClock,
    caPem: string,
    folder: string,
    servers: Readonly<Record<"plain" | "tls", RunningHttpServer>>,
  ) {
    this.#scope = scope;
    this.#clock = clock;
    this.#caPem = caPem;
    this.#folder = folder;
    this.#servers = servers;
  }

  static async start(): Promise<ReplayRig> {
    return await Scope.run("replay", async (scope) => {
      const clock = new VirtualClock();
      const authority = await createCertificateAuthority({ clock });
      const tls = await authority.issue({
        commonName: "sts",
        dnsNames: ["*.us-west-2.amazonaws.com", "*.us-east-1.amazonaws.com", "*.eu-west-1.amazonaws.com"],
      });
      const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "mp-aws-"));
      scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
      let rig: ReplayRig | undefined;
      const handler = async (exchange: HttpExchange): Promise<void> => await rig?.answer(exchange);
      const plain = scope.use(await startHttpServer({ clock, name: "aws", handler }));
      const secured = scope.use(await startHttpServer({ clock, name: "sts", tls, handler }));
      rig = new ReplayRig(scope, clock, authority.certPem, folder, { plain, tls: secured });
      return rig;
    });
  }

  async play(probe: Probe): Promise<Outcome> {
    this.#script = [...(probe.calls ?? [])];
    this.#seen = [];
    const target = await this.#prepareTarget(probe);
    const provider = await this.#providerFor(probe);
    const gone = new AbortController();
    let ended: Pick<Outcome, "code" | "message" | "mounted"> | undefined;
    const request = {
      attributes: probe.attributes ?? "",
      secrets: probe.secrets ?? "",
      permission: probe.permission ?? "",
      targetPath: (probe.target ?? "").replace("<target>", target),
      currentVersions: new Map((probe.current ?? []).map(({ id, version }) => [id, version])),
    };
    const work = this.#clock.activity
      .track("mount", () => provider.mount(request, { signal: gone.signal, log: silentLog }))
      .then(
        (mounted) => {
          ended = { code: "OK", message: "", mounted };
        },
        (error: unknown) => {
          ended = { ...refusalOf(error), mounted: undefined };
        },
      );
    await this.#clock.advanceUntil(() => ended !== undefined, PATIENCE_MS);
    if (ended === undefined) gone.abort(new Error("no answer"));
    await work;
    if (probe.died === true) await this.#forget();
    const { code, message, mounted } = ended as Pick<Outcome, "code" | "message" | "mounted">;
    return {
      code,
      message: this.#emptied(message, target),
      mounted,
      calls: this.#seen,
      written: await filesIn(target),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    await this.#scope[Symbol.asyncDispose]();
  }

  async #forget(): Promise<void> {
    await this.#provider?.[Symbol.asyncDispose]();
    this.#provider = undefined;
  }

  async answer(exchange: HttpExchange): Promise<void> {
    const body = (await exchange.body()).toString("utf8");
    const call = seenCall(exchange, body);
    this.#seen.push(shownCall(call));
    const at = this.#script.findIndex((one) => shownCall(one) === shownCall(call));
    const [recorded] = at < 0 ? [] : this.#script.splice(at, 1);
    if (recorded === undefined) return exchange.respond(501, {}, "not recorded");
    if (recorded.status === null) return exchange.destroy();
    if (call.to === "kubernetes") return answerKubernetes(exchange, recorded.status);
    exchange.respond(recorded.status, recorded.answerHeaders ?? {}, recorded.answer ?? "");
  }

  /** One process of the real provider served many probes: a new one only where flags or environment changed. */
  async #providerFor({ setup = "", calls = [] }: Probe): Promise<AwsProvider> {
    // Which store came first was drawn: draw it as it was.
    this.#drawn = calls.find(({ to }) => to === "secretsmanager" || to === "ssm")?.to === "ssm" ? 0.9 : 0.1;
    if (this.#provider !== undefined && this.#setup === setup) return this.#provider;
    await this.#forget();
    this.#setup = setup;
    this.#provider = this.#makeProvider(setup);
    return this.#provider;
  }

  #makeProvider(setup: string): AwsProvider {
    const { plain, tls } = this.#servers;
    const [name = "", value = ""] = setup.startsWith("AWS_") ? setup.split("=") : [];
    const random: Random = { ...systemRandom(), next: () => this.#drawn };
    const isAgentGone = setup.includes("HTTP_PROXY");
    return new AwsProvider({
      clock: this.#clock,
      log: silentLog,
      random,
      behaviour: "upstream",
      driverWritesSecrets: setup.includes("--driver-writes-secrets=true"),
      kubeConfig: { server: plain.url, caPem: "", credentials: { kind: "none" } },
      caPem: this.#caPem,
      dialer: createDialer({
        resolvers: [
          loopbackResolver,
          async (host) => (host.endsWith("amazonaws.com") ? tls : isAgentGone ? CLOSED : plain),
        ],
      }),
      environment: {
        AWS_ENDPOINT_URL_SECRETS_MANAGER: plain.url,
        AWS_ENDPOINT_URL_SSM: plain.url,
        ...(name !== "" && { [name]: value }),
      },
      qps: 0,
    });
  }

  async #prepareTarget({ written = [], current }: Probe): Promise<string> {
    const target = join(this.#folder, "target");
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    // A file of before shows in the recording by its content.
    if (current !== undefined)
      for (const { path, content } of written)
        if (content === "old-on-disk") {
          await writeFile(join(target, path), content);
          await chmod(join(target, path), 0o600);
        }
    return target;
  }

  #emptied(text: string, target: string): string {
    return text
      .replaceAll(target, "<target>")
      .replaceAll(dirname(target), "<parent of target>")
      .replace(/\.\.\d+/, "..<random>");
  }
}

type Shown = Omit<RecordedCall, "status" | "answer" | "answerHeaders">;

function seenCall(exchange: HttpExchange, body: string): Shown {
  const { headers, method, rawPath } = exchange;
  const host = headers.host ?? "";
  const target = headers["x-amz-target"];
  const scope = /Credential=([^,]+)/.exec(headers.authorization ?? "")?.[1]?.replace(/\/\d{8}\//, "/<date>/");
  const to: Part = rawPath.startsWith("/api/")
    ? "kubernetes"
    : host.startsWith("sts.")
      ? "sts"
      : rawPath === "/v1/credentials"
        ? "pod-identity-agent"
        : String(target).startsWith("secretsmanager.")
          ? "secretsmanager"
          : "ssm";
  const isStore = to === "secretsmanager" || to === "ssm";
  return {
    to,
    method,
    url: to === "pod-identity-agent" ? `http://${host}${rawPath}` : rawPath,
    ...(!isStore && to !== "kubernetes" && { host }),
    ...(target !== undefined && { target: String(target) }),
    ...(scope !== undefined && { authorization: scope }),
    ...(to === "pod-identity-agent" && { authorization: headers.authorization ?? "" }),
    ...(isStore && { session: String(headers["x-amz-security-token"] ?? "") }),
    body,
  };
}

/** A call as it is compared: the recorded one and ours alike. Order of members and of form fields is the library's. */
export function shownCall({
  to,
  method,
  url,
  host = "",
  target = "",
  authorization = "",
  session = "",
  body = "",
}: Shown): string {
  return [to, method, host, url, target, authorization, session, sorted(body)].filter((part) => part !== "").join(" ");
}

function sorted(body: string): string {
  if (!body.startsWith("{")) {
    const form = new URLSearchParams(body);
    form.delete("RoleSessionName");
    form.sort();
    return form.toString();
  }
  const value = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The objects of the recording's cluster. */
function answerKubernetes(exchange: HttpExchange, status: number): void {
  const [, kind = "", name = ""] = /\/(serviceaccounts|pods|nodes)\/([^/]*)$/.exec(exchange.path) ?? [];
  if (status === 404) {
    exchange.json(404, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `${kind} "${name}" not found`,
      reason: "NotFound",
      code: 404,
    });
    return;
  }
  const role = { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/app" };
  exchange.json(status, {
    metadata: {
      name,
      ...(kind === "serviceaccounts" && name === "sa" && { annotations: role }),
      ...(name === "prov-node" && { labels: { "topology.kubernetes.io/region": "eu-west-1" } }),
    },
    ...(kind === "pods" && { spec: { nodeName: name === "pod2" ? "prov-node2" : "prov-node" } }),
  });
}

async function filesIn(folder: string): Promise<SeenFile[]> {
  const names = (await readdir(folder)).sort();
  return await Promise.all(
    names.map(async (name): Promise<SeenFile> => {
      const path = join(folder, name);
      const { mode } = await stat(path);
      return [name, mode & 0o777, (await readFile(path)).toString("base64")];
    }),
  );
}

function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ProviderCrash) return { code: "UNAVAILABLE", message: "crash" };
  if (error instanceof GrpcError)
    return { code: error.codeName.replace(/(?<=[a-z])([A-Z])/g, "_$1").toUpperCase(), message: error.details };
  return { code: "UNKNOWN", message: error instanceof Error ? error.message : String(error) };
}
