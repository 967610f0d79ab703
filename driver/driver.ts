import { MountproofError, type Random, Scope, systemRandom } from "../core/index.ts";
import {
  CSIDrivers,
  createKubeClient,
  type EventRecorder,
  type KubeClient,
  SecretProviderClasses,
  startEventRecorder,
  startInformer,
} from "../kube/index.ts";
import { type RunningGrpcServer, startGrpcServer } from "../wire/grpc/index.ts";
import { type Rules, rulesOf } from "./behaviour.ts";
import { CallsUnderWay } from "./calls.ts";
import { parseEndpoint, parseHostPort, showAddress } from "./endpoint.ts";
import { startHealthChecks } from "./health.ts";
import { journalCall, journalProviderCall } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { DriverMetrics } from "./metrics/metrics.ts";
import { startMetricsServer } from "./metrics/server.ts";
import { openMounter } from "./mounter/index.ts";
import { ProviderClients } from "./provider/clients.ts";
import { providerFolders } from "./provider/lookup.ts";
import { classSource } from "./publish/class.ts";
import { DriverPanic } from "./publish/failure.ts";
import { type ObservedDeps, observedPublish, ROTATION_COMPONENT } from "./publish/observed.ts";
import { startRegistration } from "./registration.ts";
import { startRotation, TokenSource } from "./rotation/index.ts";
import { controllerService } from "./services/controller.ts";
import { identityService } from "./services/identity.ts";
import { nodeService } from "./services/node.ts";
import { DEFAULTS, type DriverSpec, type RunningDriver, VENDOR_VERSIONS } from "./spec.ts";
import { stepsFor } from "./steps.ts";
import { SYNC_COMPONENT } from "./sync/events.ts";
import { startSecretSync } from "./sync/index.ts";
import { unpublish } from "./unpublish.ts";

/**
 * The reference driver: a CSI node service that asks providers for secrets and puts them into pods.
 *
 * @example
 * await using driver = await new Driver({ clock, log, endpoint: "unix:///run/csi.sock", nodeId: "node-0", kubeConfig }).start();
 */
export class Driver {
  readonly #spec: DriverSpec;

  constructor(spec: DriverSpec) {
    this.#spec = spec;
  }

  /**
   * Serves as soon as it listens; a publish waits for the first list of SecretProviderClasses.
   * @throws MountproofError `invalid_config`, `address_in_use`, `environment`
   */
  async start(): Promise<RunningDriver> {
    const { clock } = this.#spec;
    return await clock.activity.track("driver starts", () =>
      Scope.run("driver", (scope) => assemble(this.#spec, scope)),
    );
  }
}

/** Puts the parts together in the order in which they depend on each other; the scope takes them apart again. */
async function assemble(spec: DriverSpec, scope: Scope): Promise<RunningDriver> {
  const { clock, log } = spec;
  const life = { isOver: false };
  const listen = parseEndpoint(spec.endpoint);
  const rules = rulesOf(spec.behaviour ?? "hardened", spec.defects);
  const driverName = spec.driverName ?? DEFAULTS.driverName;
  const kube = scope.use(createKubeClient(spec.kubeConfig, { clock, ...(spec.dialer && { dialer: spec.dialer }) }));

  let server: RunningGrpcServer | undefined;
  const panic = (message: string): never => {
    log.error("panic", { message });
    spec.onPanic?.(message);
    void server?.drain(); // the caller gets its answer, nobody else gets one any more
    throw new DriverPanic(message);
  };
  const deps = await publishDeps(spec, rules, kube, { panic, isDead: () => life.isOver }, scope);
  const calls = new CallsUnderWay();
  scope.defer("calls under way", () => calls.settled());
  server = scope.use(
    await startGrpcServer({
      clock,
      name: "driver",
      listen,
      services: [
        identityService({ driverName, vendorVersion: spec.vendorVersion ?? VENDOR_VERSIONS[rules.behaviour], rules }),
        controllerService(rules),
        nodeService({
          clock,
          nodeId: spec.nodeId,
          rules,
          publish: (request, call) => calls.track(observedPublish(request, call, deps)),
          unpublish: (request) => deps.metrics.countUnpublish(() => unpublish(request, deps)),
        }),
      ],
      onExchange: (exchange) => journalCall(spec.journal, exchange),
    }),
  );
  const running = server;
  const { tokens, rotationIntervalMs: intervalMs } = deps;
  if (tokens !== undefined && intervalMs !== undefined)
    scope.use(startRotation({ ...deps, tokens, driverName, intervalMs, classes: deps.classes.informer }));
  const endpoint = showAddress(running.address);

  if (spec.providerHealthCheck === true) {
    const intervalMs = spec.providerHealthCheckIntervalMs ?? DEFAULTS.providerHealthCheckIntervalMs;
    startHealthChecks(deps.providers, intervalMs, clock, scope);
  }
  const metricsUrl =
    spec.metricsAddr === undefined ? undefined : await serveMetrics(spec.metricsAddr, deps.metrics, spec, scope);
  if (spec.registration !== undefined) {
    const { path, endpoint: seen = endpoint } = spec.registration;
    scope.use(await startRegistration({ clock, log, path, driverName, endpoint: seen.replace(/^unix:\/\//, "") }));
  }
  const mounts = deps.mounter.kind;
  log.info("driver is serving", { driverName, nodeId: spec.nodeId, endpoint, behaviour: rules.behaviour, mounts });
  return {
    behaviour: rules.behaviour,
    endpoint,
    mounts,
    metrics: deps.metrics.registry,
    metricsUrl,
    synced: deps.classes.informer.synced,
    drain: () => running.drain(),
    kill: async () => {
      life.isOver = true;
      await running.kill();
      await scope[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
  };
}

async function publishDeps(
  spec: DriverSpec,
  rules: Rules,
  kube: KubeClient,
  { panic, isDead }: { readonly panic: (message: string) => never; readonly isDead: () => boolean },
  scope: Scope,
): Promise<ObservedDeps> {
  const { clock, log, nodeId } = spec;
  const random = spec.random ?? systemRandom();
  const isHardened = rules.behaviour === "hardened";
  const mounter = spec.mounter ?? (await openMounter(log));
  const informer = scope.use(startInformer(kube, SecretProviderClasses, {}, { clock, log }));
  const providers = scope.use(openProviders(spec, rules, random));
  const interval = spec.rotationPollIntervalMs ?? DEFAULTS.rotationPollIntervalMs;
  const metrics = new DriverMetrics({ rules, isKnownProvider: (name) => providers.knows(name) });
  const recorder = (component: string): EventRecorder =>
    scope.use(startEventRecorder({ client: kube, clock, log, component, host: nodeId }));
  const secrets = scope.use(
    startSecretSync({
      clock,
      log,
      rules,
      kube,
      mounter,
      nodeId,
      driverName: spec.driverName ?? DEFAULTS.driverName,
      kubeletRootDir: spec.kubeletRootDir ?? DEFAULTS.kubeletRootDir,
      classes: informer,
      events: recorder(SYNC_COMPONENT),
      onWritten: (provider, tookMs) => metrics.synced(provider, tookMs),
    }),
  );
  return {
    clock,
    random,
    log,
    rules,
    tokens: rules.isLegacy ? openTokens(spec, kube, random, scope) : undefined,
    nodeId,
    kube,
    panic,
    mounter,
    providers,
    rotationIntervalMs: spec.enableSecretRotation === true ? interval : undefined,
    returnsRepublishErrors: spec.republishErrors === "return",
    ledger: new Ledger(),
    classes: classSource({ clock, informer, live: isHardened ? kube : undefined }),
    steps: stepsFor({ clock, observe: spec.onStep, onPoint: spec.onPoint, isDead }),
    secrets,
    cachedStatus: (name, namespace) => secrets.cachedStatus?.(name, namespace),
    metrics,
    events: rules.has("silent-rotation") ? undefined : recorder(ROTATION_COMPONENT),
  };
}

/** Tokens are kubelet's business since v1.6. */
function openTokens(
  { clock, log, driverName = DEFAULTS.driverName }: DriverSpec,
  kube: KubeClient,
  random: Random,
  scope: Scope,
): TokenSource {
  const csiDrivers = scope.use(
    startInformer(kube, CSIDrivers, { fieldSelector: `metadata.name=${driverName}` }, { clock, log }),
  );
  return new TokenSource({ clock, random, kube, driverName, csiDrivers });
}

function openProviders(spec: DriverSpec, rules: Rules, random: Random): ProviderClients {
  const { providersDir, additionalProvidersDirs } = DEFAULTS;
  return new ProviderClients({
    clock: spec.clock,
    log: spec.log,
    random,
    rules,
    folders: providerFolders(
      spec.providersDir ?? providersDir,
      spec.additionalProvidersDirs ?? additionalProvidersDirs,
    ),
    maxReceiveBytes: spec.maxCallRecvMsgSize ?? DEFAULTS.maxCallRecvMsgSize,
    ...(spec.journalsProviderCalls === true && {
      onExchange: (provider, exchange) => journalProviderCall(spec.journal, provider, exchange),
    }),
  });
}

/** All interfaces when no host is given, as Go reads `:8095`. */
async function serveMetrics(
  address: string,
  metrics: DriverMetrics,
  { clock, metricsPlace: place }: DriverSpec,
  scope: Scope,
): Promise<string> {
  const refused = new MountproofError("invalid_config", {
    message: `invalid metrics address: ${address}`,
    hint: "give :8095 or 127.0.0.1:8095",
    culprit: { metricsAddr: address },
  });
  const { host = "0.0.0.0", port } = parseHostPort(address, refused);
  const server = scope.use(
    await startMetricsServer({ host, port, ...(place !== undefined && { place }) }, metrics.registry, clock),
  );
  return `${server.url}/metrics`;
}
