import { chmod } from "node:fs/promises";
import { type Clock, type Log, type Random, Scope, silentLog, systemRandom } from "../../../core/index.ts";
import type { KubeConfig } from "../../../kube/client.ts";
import type { KubeObject } from "../../../kube/types.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
  type Dialer,
  type FaultPlan,
  type HttpExchange,
  type Journal,
  type RunningHttpServer,
  type SigningKey,
  startHttpServer,
  withFaults,
} from "../../../net/index.ts";
import { PROTOBUF_CONTENT_TYPE } from "../../../wire/kubeproto/index.ts";
import type { AuditSink } from "./audit/audit.ts";
import { ANONYMOUS, type User } from "./auth/user.ts";
import { Authority } from "./authority.ts";
import { bootstrap } from "./bootstrap.ts";
import { followDefinitions, withDefinitionRules } from "./crd/lifecycle.ts";
import type { Schema } from "./crd/types.ts";
import { apiHandler, type HandlerOptions, userOf } from "./handler.ts";
import { builtInKinds } from "./kinds/built-in.ts";
import type { Kind } from "./kinds/kind.ts";
import { Registry } from "./kinds/registry.ts";
import { KUBERNETES_SERVICE_IP } from "./own-addresses.ts";
import { isPublicPath, servePaths } from "./paths.ts";
import type { ServerExtensions } from "./pipeline.ts";
import { kubeletClient, podLog } from "./proxy/log.ts";
import { streamHandler } from "./proxy/stream.ts";
import { KindTypes } from "./schema/kind-types.ts";
import type { KubeVersion, ServerContext } from "./server-context.ts";
import { StateFolder } from "./store/state-folder.ts";
import { Store } from "./store/store.ts";
import { bindPod, evictPod } from "./write/pods.ts";
import { serviceAccountAdmission } from "./write/service-accounts.ts";
import { clusterAddresses } from "./write/services.ts";

export type ApiServerSpec = {
  readonly clock: Clock;
  readonly log?: Log;
  readonly random?: Random;
  readonly journal?: Journal;
  /** 1.34 by default. */
  readonly kubeVersion?: KubeVersion;
  readonly listen?: { readonly host?: string; readonly port?: number };
  /**
   * A socket file that answers the same without TLS, for the cluster's own components: only this process's user may
   * connect, and tokens say who asks.
   */
  readonly localSocket?: string;
  /** Names and addresses in the serving certificate besides loopback and the cluster's own. */
  readonly names?: readonly string[];
  /** Shared by the parts of a run; made here when left out. */
  readonly authority?: CertificateAuthority;
  readonly signingKey?: () => Promise<SigningKey>;
  /** A folder that keeps objects and signing key from one start to the next; nothing is kept without. */
  readonly stateFolder?: string;
  /** `iss` of every token; the server's own URL by default, so that anybody who reaches it can verify. */
  readonly issuer?: string;
  readonly audiences?: readonly string[];
  /** Whether the issuer's two documents are open to everybody, as clouds need them; true by default. */
  readonly publicIssuer?: boolean;
  readonly anonymous?: boolean;
  /** The driver's two CustomResourceDefinitions from the start; true by default. */
  readonly secretsStore?: boolean;
  readonly faults?: FaultPlan;
  /** Told of every request, stage by stage, as a real server's audit log is at level Metadata. */
  readonly audit?: AuditSink;
  /** Leads to the kubelets by their nodes' addresses, for logs and what runs in containers; without it 501. */
  readonly kubelets?: Dialer;
};

export interface RunningApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:41234` */
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  readonly kubeVersion: KubeVersion;
  readonly issuer: { readonly url: string; readonly caPem: string };
  readonly authority: Authority;
  readonly context: ServerContext;
  /** cluster-admin, by client certificate. */
  readonly adminConfig: KubeConfig;
  /** A config with a client certificate for any user, a kubelet's for example. */
  configFor(user: { readonly name: string; readonly groups?: readonly string[] }): Promise<KubeConfig>;
  /** A config with a fixed bearer token. */
  tokenConfig(token: string, user: User): KubeConfig;
  /** Forgets the watch history: the next watch from an old version gets 410. */
  compact(): void;
}

/** What `kubernetes.default.svc` is called from inside. */
const OWN_NAMES = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
  "localhost",
];
/** What a real server allows one connection of HTTP/2 at once; Go's clients open another for more. */
const MAX_STREAMS = 100;

/**
 * The embedded API server, over HTTPS as a real one is.
 *
 * @example
 * await using api = await new EmbeddedApiServer({ clock }).start();
 * const client = createKubeClient(api.adminConfig, { clock });
 */
export class EmbeddedApiServer {
  readonly #spec: ApiServerSpec;

  constructor(spec: ApiServerSpec) {
    this.#spec = spec;
  }

  /** @throws MountproofError `address_in_use` for a taken port, `environment` when it cannot listen otherwise */
  async start(): Promise<RunningApiServer> {
    return await this.#spec.clock.activity.track("API server starts", () =>
      Scope.run("API server", (scope) => assemble(this.#spec, scope)),
    );
  }
}

async function assemble(spec: ApiServerSpec, scope: Scope): Promise<RunningApiServer> {
  const { clock, log = silentLog, random = systemRandom(), journal, kubeVersion = "1.34" } = spec;
  const ca = spec.authority ?? (await createCertificateAuthority({ clock, commonName: "kubernetes" }));
  const serving = await ca.reissue({
    commonName: "kube-apiserver",
    dnsNames: [...OWN_NAMES, ...(spec.names ?? []).filter((name) => !isAddress(name))],
    ipAddresses: ["127.0.0.1", KUBERNETES_SERVICE_IP, ...(spec.names ?? []).filter(isAddress)],
    usages: ["server"],
  });
  const extensions: ServerExtensions = {
    authenticators: [],
    authorizer: undefined,
    admissions: [],
    reviews: new Map(),
    subresourceCreates: new Map(),
    subresources: new Map(),
    paths: new Map(),
    decoders: new Map(),
  };
  const store = new Store(clock);
  const schemas = new WeakMap<Kind, Schema>();
  const registry = new Registry(builtInKinds().map((kind) => withDefinitionRules(kind, clock)));
  const server: ServerContext = {
    clock,
    log,
    random,
    kubeVersion,
    store,
    registry,
    types: new KindTypes(),
    extensions,
  };
  followDefinitions(server, schemas);
  const state = spec.stateFolder === undefined ? undefined : scope.use(new StateFolder(spec.stateFolder, store));
  state?.restore();
  const signingKey = spec.signingKey ?? (state === undefined ? undefined : () => state.signingKey());

  const schemaOf = (kind: Kind): Schema | undefined => schemas.get(kind);
  let openApi: ((exchange: HttpExchange) => Promise<boolean>) | undefined;
  let running: RunningHttpServer | undefined;
  const url = (): string => running?.url ?? "";
  const options: HandlerOptions = {
    server,
    get authority() {
      return authority;
    },
    journal,
    audit: spec.audit && { clock, random, sink: spec.audit },
    schemaOf,
    serveOpenApi: async (exchange) => {
      // Nobody but kubectl and Helm asks for it, so it is loaded then.
      openApi ??= (await import("./openapi/serve.ts")).openApiServer(server, schemaOf);
      return await openApi(exchange);
    },
    isPublic: (path) => isPublicPath(path, spec.publicIssuer !== false),
    address: () => url().replace("https://", ""),
  };
  const handler = apiHandler(options);
  running = scope.use(
    await startHttpServer({
      clock,
      name: "apiserver",
      ...(spec.listen !== undefined && { listen: spec.listen }),
      tls: { ...serving, clientCaPem: ca.certPem, ticketKeys: ca.ticketKeys },
      http2: { maxConcurrentStreams: MAX_STREAMS },
      handler: spec.faults === undefined ? handler : withFaults({ faults: spec.faults, clock }, handler),
      ...(spec.kubelets !== undefined && {
        onUpgrade: streamHandler({
          server,
          dialer: spec.kubelets,
          authenticate: async (sender, trail) => (await userOf(options, sender, trail)) ?? ANONYMOUS,
          audit: options.audit,
          authorize: (user, action) => authority.authorize(user, action),
          clientCaPem: ca.certPem,
        }),
      }),
    }),
  );
  if (spec.localSocket !== undefined) {
    scope.use(await startHttpServer({ clock, name: "apiserver", listen: { path: spec.localSocket }, handler }));
    await chmod(spec.localSocket, 0o600);
  }
  const issuer = spec.issuer ?? running.url;
  const authority = new Authority(server, {
    issuer,
    audiences: spec.audiences ?? [issuer, "https://kubernetes.default.svc"],
    ...(signingKey !== undefined && { signingKey }),
    ...(spec.anonymous !== undefined && { anonymous: spec.anonymous }),
  });
  servePaths(server, authority, issuer, running.url);
  const pods = registry.find("", "v1", "pods");
  if (pods !== undefined) {
    extensions.subresourceCreates.set("/pods/binding", bindPod(server, pods));
    extensions.subresourceCreates.set("/pods/eviction", evictPod(server, pods));
    if (spec.kubelets !== undefined)
      extensions.subresources.set("/pods/log", podLog(server, scope.use(kubeletClient(server, spec.kubelets))));
  }
  extensions.admissions.push(serviceAccountAdmission(server), clusterAddresses(server));
  extensions.decoders.set(
    PROTOBUF_CONTENT_TYPE,
    async (body) => (await server.types.protobuf()).decode(body) as unknown as KubeObject,
  );
  bootstrap(server, { secretsStore: spec.secretsStore !== false });

  const reached = () => ({ server: url(), caPem: ca.certPem, memory: ca.memory });
  const configFor = async (user: { name: string; groups?: readonly string[] }): Promise<KubeConfig> => {
    const { certPem, keyPem } = await ca.reissue({
      commonName: user.name,
      ...(user.groups !== undefined && { organizations: user.groups }),
      usages: ["client"],
    });
    return { ...reached(), credentials: { kind: "certificate", certPem, keyPem } };
  };
  return {
    url: running.url,
    port: running.port,
    caPem: ca.certPem,
    kubeVersion,
    issuer: { url: issuer, caPem: ca.certPem },
    authority,
    context: server,
    adminConfig: await configFor({ name: "kubernetes-admin", groups: ["system:masters"] }),
    configFor,
    tokenConfig: (token, user) => {
      authority.authenticator.addToken(token, user);
      return { ...reached(), credentials: { kind: "token", token } };
    },
    compact: () => store.compact(),
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

const isAddress = (name: string): boolean => /^[\d.]+$|:/.test(name);
