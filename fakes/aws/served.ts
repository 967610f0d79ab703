import { type Clock, MountproofError, type Scope } from "../../core/index.ts";
import {
  createHttpClient,
  FaultPlan,
  type HttpClient,
  type HttpExchange,
  type HttpServerOptions,
  type Journal,
} from "../../net/index.ts";
import { startStoreFront } from "../kit/index.ts";
import type { AwsAdmin, ParameterSeed, SecretSeed } from "./admin.ts";
import { type Asked, askedBy, regionOf } from "./dispatch.ts";

/** What steps tell an AWS account, whoever plays it. */
export type AwsTold = {
  readonly [K in
    | "call"
    | "iam"
    | "trustIssuer"
    | "distrustIssuer"
    | "policy"
    | "role"
    | "secret"
    | "forgetSecret"
    | "parameter"
    | "podIdentity"]: (...said: Parameters<AwsAdmin[K]>) => unknown;
} & Pick<AwsAdmin, "trustFor" | "issuerUrl"> & { key(...said: Parameters<AwsAdmin["key"]>): string };

/** An AWS account that steps work with: a fake one, or one that somebody else plays. */
export interface AwsHandle extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly accountId: string;
  readonly faults: FaultPlan;
  readonly admin: AwsTold;
  /** Returns when everything that it was told has reached it. */
  settled(): Promise<void>;
  listenToo(
    listener: Pick<HttpServerOptions, "listen" | "tls">,
  ): Promise<AsyncDisposable & { readonly host: string; readonly port: number }>;
}

export type ServedAwsSpec = {
  readonly clock: Clock;
  readonly journal: Journal;
  /** moto or LocalStack: every service at one address. */
  readonly url: string;
  /** The account that an emulator takes a request to be for that names none. */
  readonly accountId: string;
  /** Whose secrets are removed first. */
  readonly regions: readonly string[];
};

/** An AWS emulator as the steps know the fake one, emptied of what an earlier scenario left. */
export async function openServedAws(spec: ServedAwsSpec, scope: Scope): Promise<AwsHandle> {
  const { clock, journal, url, accountId } = spec;
  const http = scope.use(createHttpClient({ clock }));
  const admin = new ServedAwsAdmin(http, url);
  for (const region of spec.regions) await admin.empty(region);
  const faults = new FaultPlan();
  const serve = async (listener: Pick<HttpServerOptions, "listen" | "tls">) => {
    const asked = new WeakMap<object, { readonly asked: Asked; readonly detail: Record<string, unknown> }>();
    return await startStoreFront({
      ...listener,
      clock,
      journal,
      faults,
      name: "aws",
      storeUrl: url,
      rewrite: { request: withLongIds, response: withShortIds },
      operationOf: async (exchange) => {
        const found = await askedBy(exchange);
        asked.set(exchange.raw.request, { asked: found, detail: await detailOf(exchange, found) });
        return [found.service, regionOf(exchange, found.service), found.operation]
          .filter((part) => part !== "")
          .join("/");
      },
      describe: (exchange) => asked.get(exchange.raw.request)?.detail ?? {},
    });
  };
  const front = scope.use(await serve({}));
  return {
    url: front.url,
    host: front.host,
    port: front.port,
    accountId,
    faults,
    admin,
    settled: () => admin.settled(),
    listenToo: serve,
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

async function detailOf(exchange: HttpExchange, asked: Asked): Promise<Record<string, unknown>> {
  if (asked.protocol === "query") return { roleArn: asked.form.get("RoleArn") };
  if (asked.protocol !== "json") return {};
  const input = JSON.parse((await exchange.body()).toString("utf8") || "{}") as Record<string, unknown>;
  const names = ["SecretId", "Name", "Names", "VersionId", "VersionStage"];
  return Object.fromEntries(names.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]));
}

/** AWS wants ids of 32 to 64 characters, and emulators check that; cases say `v1`. */
const ID_LENGTH = 32;
const longId = (id: string): string => id.padEnd(ID_LENGTH, "-");
const withLongIds = (body: string): string =>
  body.replace(/"VersionId":"([^"]*)"/g, (_, id: string) => `"VersionId":"${longId(id)}"`);
const withShortIds = (body: string): string =>
  body.replace(/"([\w.-]*?)-{4,}"/g, (whole, id: string) => (whole.length === ID_LENGTH + 2 ? `"${id}"` : whole));

/**
 * Tells an emulator over its own API. Who may do what is not told: emulators check no identity, and cases about it are
 * not run on them.
 */
class ServedAwsAdmin implements AwsTold {
  readonly #http: HttpClient;
  readonly #url: string;
  /** Version ids of each secret, by region and name. */
  readonly #known = new Map<string, Set<string>>();
  #last: Promise<unknown> = Promise.resolve();
  issuerUrl = "";

  constructor(http: HttpClient, url: string) {
    this.#http = http;
    this.#url = url;
  }

  async settled(): Promise<void> {
    await this.#last;
  }

  secret(region: string, name: string, { string, binary, versions = [] }: SecretSeed): void {
    const key = `${region}/${name}`;
    const all = [...versions, ...(string === undefined && binary === undefined ? [] : [{ string, binary }])];
    for (const version of all as NonNullable<SecretSeed["versions"]>) {
      const id = version.id ?? `d${(this.#known.get(key)?.size ?? 0) + 1}`;
      const value = version.binary === undefined ? { SecretString: version.string } : { SecretBinary: version.binary };
      // A version that is there keeps its value, so that another value under its id is another secret.
      if (this.#known.get(key)?.has(id) === true) this.forgetSecret(region, name);
      if (!this.#known.has(key)) {
        this.#known.set(key, new Set());
        const first = version.stages === undefined ? { ...value, ClientRequestToken: longId(id) } : {};
        this.call("secretsmanager", region, "CreateSecret", { Name: name, ...first });
        this.#known.get(key)?.add(id);
        if (version.stages === undefined) continue;
      }
      this.#known.get(key)?.add(id);
      this.call("secretsmanager", region, "PutSecretValue", {
        SecretId: name,
        ...value,
        ClientRequestToken: longId(id),
        ...(version.stages !== undefined && { VersionStages: version.stages }),
      });
    }
  }

  forgetSecret(region: string, name: string): void {
    if (!this.#known.delete(`${region}/${name}`)) return;
    this.call("secretsmanager", region, "DeleteSecret", { SecretId: name, ForceDeleteWithoutRecovery: true });
  }

  parameter(region: string, name: string, { value, type = "SecureString", labels = [] }: ParameterSeed): void {
    this.call("ssm", region, "PutParameter", { Name: name, Value: value, Type: type, Overwrite: true });
    if (labels.length > 0) this.call("ssm", region, "LabelParameterVersion", { Name: name, Labels: labels });
  }

  call(service: "secretsmanager" | "ssm", region: string, operation: string, input: Readonly<Record<string, unknown>>) {
    const next = this.#last.then(() => this.#ask(service, region, operation, input));
    this.#last = next;
    next.catch(() => {}); // told by settled()
    return {};
  }

  iam(operation: string): void {
    throw new MountproofError("unsupported", {
      message: `an emulator that checks no identity is not told of ${operation}`,
    });
  }

  key(): string {
    throw new MountproofError("unsupported", {
      message: "an emulator that checks no identity is not told of KMS keys",
    });
  }

  trustFor(): Record<string, unknown> {
    return {};
  }

  trustIssuer(): void {}
  distrustIssuer(): void {}
  policy(): void {}
  role(): void {}
  podIdentity(): void {}

  async empty(region: string): Promise<void> {
    const secrets = await this.#ask("secretsmanager", region, "ListSecrets", {
      MaxResults: 100,
      IncludePlannedDeletion: true,
    });
    for (const { Name } of (secrets["SecretList"] ?? []) as { Name: string }[])
      await this.#ask("secretsmanager", region, "DeleteSecret", { SecretId: Name, ForceDeleteWithoutRecovery: true });
    const parameters = await this.#ask("ssm", region, "DescribeParameters", { MaxResults: 50 });
    const Names = ((parameters["Parameters"] ?? []) as { Name: string }[]).map(({ Name }) => Name);
    for (let at = 0; at < Names.length; at += 10)
      await this.#ask("ssm", region, "DeleteParameters", { Names: Names.slice(at, at + 10) });
  }

  async #ask(
    service: "secretsmanager" | "ssm",
    region: string,
    operation: string,
    input: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    const prefix = service === "ssm" ? "AmazonSSM" : "secretsmanager";
    const { status, body } = await this.#http.request({
      method: "POST",
      url: this.#url,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${prefix}.${operation}`,
        // Emulators read service and region from the signature's scope, and check no signature.
        authorization: `AWS4-HMAC-SHA256 Credential=owner/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    const said = body.toString("utf8");
    if (status < 300) return (said === "" ? {} : JSON.parse(said)) as Record<string, unknown>;
    throw new MountproofError("store_status", {
      message: `the emulator refused ${service} ${operation} in ${region}: ${status} ${said.slice(0, 200)}`,
    });
  }
}
