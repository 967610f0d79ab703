import { constants } from "node:fs";
import { access, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BUILT_IN_IMAGES, EmbeddedCluster, type ImageEntry, parseImages } from "../../clusters/embedded/index.ts";
import { MountproofError, messageOf, RealClock, Scope, seconds, silentLog } from "../../core/index.ts";
import { DaemonSets, kubeconfigText, serviceResolver } from "../../kube/index.ts";
import {
  createCertificateAuthority,
  createDialer,
  Journal,
  loopbackResolver,
  startEgressProxy,
} from "../../net/index.ts";
import { layoutOf } from "../../suite/layout.ts";
import { createRunFolder } from "../../suite/run-folder.ts";
import { auditLog } from "../audit-log.ts";
import { helmRecord } from "./helm-record.ts";
import { Names } from "./names.ts";
import { readUpOptions, type UpFlags, type UpOptions } from "./options.ts";
import { driverProgram, referenceDriver } from "./parts/driver.ts";
import { providerLaunchers } from "./parts/providers.ts";
import { livenessProbe, registrar } from "./parts/sidecars.ts";
import { publishCharts } from "./published.ts";
import { AUDIENCES, driverObjects, PROVIDER_OBJECTS, RELEASE } from "./releases.ts";
import { filledIn, seedsOf, textOf } from "./seeds.ts";
import { StateFiles, type UpState } from "./state.ts";
import { type RunningStore, STORES } from "./stores/index.ts";
import { unreadyReasons } from "./unready.ts";

/** What the journal keeps; a cluster that runs for days must not grow with its requests. */
const KEPT_EXCHANGES = 10_000;
/** Kubelet's loops look ten times as often as a real one's: nobody wants to wait for a laptop's cluster. */
const BRISK = { registrationTick: 100, relist: 100, syncTick: 100, syncAfterError: seconds(2) } as const;
/** Where the nodes are: AWS's provider takes its region from them. */
const ZONE = { "topology.kubernetes.io/region": "us-east-1", "topology.kubernetes.io/zone": "us-east-1a" } as const;
const READY_MS = seconds(30);

export type UpCluster = AsyncDisposable & {
  readonly state: UpState;
  readonly tookMs: number;
  /** Why not all is Ready, a line each; undefined when it is. */
  readonly unready: readonly string[] | undefined;
};

/**
 * Starts what `mountproof up` is asked for: cluster, stores, driver, providers; writes the kubeconfig and what later
 * commands want to know. Resolves when the driver and the providers are Ready.
 */
export async function serveUp(flags: UpFlags, isStopping: () => boolean = () => false): Promise<UpCluster> {
  const options = readUpOptions(flags);
  const files = new StateFiles(flags.name);
  await files.requireNone();
  const [images, seeds] = await Promise.all([imagesOf(flags.images), seedsOf(flags.seed)]);
  await assertWritable(resolve(flags.kubeconfig));
  return await Scope.run("mountproof up", (scope) => start(flags, options, files, images, seeds, scope, isStopping));
}

async function start(
  flags: UpFlags,
  options: UpOptions,
  files: StateFiles,
  images: readonly ImageEntry[],
  seeds: Readonly<Record<string, unknown>>,
  scope: Scope,
  isStopping: () => boolean,
): Promise<UpCluster> {
  const { driver, providers, nodes, kubeVersion } = options;
  const clock = new RealClock({ speed: options.speed });
  const began = clock.wall();
  const journal = new Journal(clock, { keep: KEPT_EXCHANGES });
  const folder = await createRunFolder(scope);
  const authority = await createCertificateAuthority({ clock, commonName: "mountproof" });
  const names = new Names();
  const resolvers = [names.resolver, loopbackResolver];
  const dialer = createDialer({ resolvers });
  const behaviour = flags.behaviour === "hardened" ? "hardened" : "upstream";
  const audit = await auditLog(flags.auditLog, scope);
  const cluster = scope.use(
    await new EmbeddedCluster({
      clock,
      journal,
      authority,
      nodes: Array.from({ length: nodes }, () => ({ labels: ZONE })),
      kubeVersion,
      listen: { port: options.port },
      folder: join(folder.path, "c"),
      containers: "processes",
      podAddresses: "network",
      outside: [names.resolver],
      processGroups: folder.lifeline,
      images,
      ...(audit !== undefined && { audit }),
      ...(flags.state !== undefined && { stateFolder: resolve(flags.state) }),
      timing: BRISK,
      partsOfImages: {
        driver: driver.kind === "program" ? driverProgram(driver.path) : referenceDriver(flags.behaviour),
        "node-driver-registrar": registrar,
        livenessprobe: livenessProbe,
        ...providerLaunchers({ dialer, behaviour, caPem: authority.certPem }),
      },
    }).start(),
  );
  resolvers.unshift(serviceResolver(cluster.admin, (ip, at) => names.find(ip, at) ?? cluster.reach(ip, at)));
  await publishCharts(scope, clock, authority, names, options.charts);
  const proxy = scope.use(await startEgressProxy({ clock, journal, resolvers }));
  const stores: RunningStore[] = [];
  for (const name of options.stores)
    stores.push(
      await STORES[name]({
        clock,
        folder: folder.path,
        log: silentLog,
        journal,
        scope,
        cluster,
        authority,
        names,
        dialer,
        seed: filledIn(seeds[name], {
          OIDC_ISSUER: cluster.issuer.url,
          OIDC_PROVIDER: cluster.issuer.url.replace("https://", ""),
          OIDC_CA: cluster.issuer.caPem,
        }),
      }),
    );
  const tokenRequests = providers.flatMap((name) => AUDIENCES[name]).map((audience) => ({ audience }));
  if (driver.kind !== "none") {
    const values = {
      syncSecret: { enabled: flags.sync !== false },
      enableSecretRotation: true,
      rotationPollInterval: flags.rotation ?? "120s",
      tokenRequests,
    };
    const inSecrets = kubeVersion !== "1.34" && tokenRequests.length > 0;
    const objects = driverObjects({ ...values, serviceAccountTokenInSecrets: inSecrets });
    const record = await helmRecord({ ...RELEASE, chart: "secrets-store-csi-driver", values, objects }, clock.now());
    await cluster.apply([...objects, record]);
  }
  for (const name of providers) await cluster.apply(await PROVIDER_OBJECTS[name]());
  const config = cluster.configWithToken({ name: "kubernetes-admin", groups: ["system:masters"] });
  const kubeconfig = resolve(flags.kubeconfig);
  await writeFile(kubeconfig, kubeconfigText(config, "admin"), { mode: 0o600 }).catch((cause: unknown) => {
    throw unwritable(kubeconfig, cause);
  });
  const isReady = async (): Promise<boolean> =>
    isStopping() ||
    (await cluster.admin.list(DaemonSets)).items.every(({ status }) => {
      const { desiredNumberScheduled = 0, numberReady = 0 } = (status ?? {}) as Record<string, number>;
      return desiredNumberScheduled === nodes && numberReady === nodes;
    });
  // What does not become Ready is worth a look, and a cluster that is gone shows nothing.
  const unready = (await cluster.until(isReady, READY_MS * options.speed))
    ? undefined
    : await unreadyReasons(cluster.admin);
  const state: UpState = {
    pid: process.pid,
    server: cluster.adminConfig.server,
    kubeconfig,
    startedAt: new Date(clock.wall()).toISOString(),
    kubeVersion,
    nodes: cluster.nodes.map(({ name }) => name),
    driver: driver.kind === "program" ? driver.path : driver.kind,
    providers,
    stores,
    environment: Object.assign(
      environmentOf(kubeconfig, proxy.url, files.ca),
      ...stores.map(({ environment }) => environment),
    ) as Readonly<Record<string, string>>,
  };
  await files.write(state);
  await writeFile(files.ca, authority.certPem);
  scope.defer("state", () => files.forget());
  return { state, tookMs: clock.wall() - began, unready, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
}

/** Asked before anything is started, and leaving no file behind: a cluster takes seconds. */
async function assertWritable(kubeconfig: string): Promise<void> {
  try {
    const known = await stat(kubeconfig).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    if (known?.isDirectory() === true) throw new Error("it is a folder");
    await access(known === undefined ? dirname(kubeconfig) : kubeconfig, constants.W_OK);
  } catch (cause) {
    throw unwritable(kubeconfig, cause);
  }
}

function unwritable(kubeconfig: string, cause: unknown): MountproofError {
  return new MountproofError("environment", {
    message: `the kubeconfig cannot be written to "${kubeconfig}": ${messageOf(cause)}`,
    hint: "make its folder, or name another file by --kubeconfig",
    cause,
  });
}

/** By these a shell's programs find the cluster, and what stands for the outside world, under its own names. */
function environmentOf(kubeconfig: string, proxy: string, ca: string): Readonly<Record<string, string>> {
  const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].map((name) => [name, proxy]);
  const authorities = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
  const stores = ["AWS_CA_BUNDLE", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"];
  return {
    KUBECONFIG: kubeconfig,
    ...Object.fromEntries(proxies),
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    ...Object.fromEntries([...authorities, ...stores].map((name) => [name, ca])),
  };
}

/** The user's lines come first, then those of the examples, then what everybody's manifests name. */
async function imagesOf(file: string | undefined): Promise<readonly ImageEntry[]> {
  const own = file === undefined ? [] : await parseImages(await textOf("--images", file), file);
  const examples = join(layoutOf().root, "examples", "images.yaml");
  const theirs = await readFile(examples, "utf8").catch(() => undefined);
  return [...own, ...(theirs === undefined ? [] : await parseImages(theirs, examples)), ...BUILT_IN_IMAGES];
}
