import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedApiServer } from "../clusters/embedded/apiserver/index.ts";
import { RealClock, type Scope, silentLog } from "../core/index.ts";
import { DRIVER_NAME, Driver, driverManifests, openMounter, type StepObserver } from "../driver/index.ts";
import { createKubeClient, kubeconfigText, Pods, SecretProviderClasses, ServiceAccounts } from "../kube/index.ts";
import { Journal } from "../net/index.ts";
import { startProvider } from "../providers/kit/index.ts";
import { Node } from "../wire/gen/csi_pb.ts";
import { grpcClient } from "../wire/grpc/index.ts";
import { type DriverCommand, type DriverProcess, startDriverProcess } from "./driver-process.ts";
import { temporaryFolder } from "./lifetime.ts";

export type RigOptions = {
  /** Whether each pod's class asks for a Secret; requests are counted either way. */
  readonly isSyncing?: boolean;
  /** Each publish of a volume that stands is due at once. */
  readonly rotates?: boolean;
  /** Or after so long; requests are counted. */
  readonly rotationIntervalMs?: number;
  /** Run in place of a driver in this process. */
  readonly command?: DriverCommand;
};

/** A driver between API server and provider, on real sockets and the real clock, called as kubelet calls it. */
export async function startRig(scope: Scope, onStep?: StepObserver, options: RigOptions = {}) {
  const clock = new RealClock();
  const folder = temporaryFolder(scope);
  const mounter = await openMounter(silentLog);
  const pods = join(folder, "pods");
  for (const name of ["prov", "pods"]) mkdirSync(join(folder, name));
  scope.defer("mounts", () => {
    for (const name of readdirSync(pods)) {
      const target = join(pods, name, "mount");
      if (mounter.inspect(target).kind === "mounted") mounter.unmount(target, { detach: true });
    }
  });
  const counts = options.isSyncing !== undefined || options.rotationIntervalMs !== undefined;
  const journal = counts ? new Journal(clock) : undefined;
  const uids = new Map<number, string>();
  const api = scope.use(await new EmbeddedApiServer({ clock, ...(journal && { journal }) }).start());
  const admin = scope.use(createKubeClient(api.adminConfig, { clock }));
  for (const object of driverManifests().filter(({ kind }) => kind === "CSIDriver"))
    await admin.raw("POST", "/apis/storage.k8s.io/v1/csidrivers", { body: object });
  await admin.create(SecretProviderClasses, {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClass",
    metadata: { name: "app", namespace: "default" },
    spec: { provider: "fixed", parameters: { a: "b" } },
  } as never);
  const secret = { contents: Buffer.from("a secret of some length"), version: 1, calls: 0 };
  scope.use(
    await startProvider({
      clock,
      log: silentLog,
      endpoint: join(folder, "prov", "fixed.sock"),
      provider: {
        runtimeName: "fixed",
        runtimeVersion: "1",
        mount: async () => {
          secret.calls++;
          const { contents, version } = secret;
          return {
            files: [{ path: "password", mode: 0o644, contents }],
            versions: [{ id: "password", version: String(version) }],
          };
        },
        [Symbol.asyncDispose]: async () => {},
      },
    }),
  );
  const socket = join(folder, "csi.sock");
  const kubeconfig = kubeconfigText(api.adminConfig, "driver");
  let program: DriverProcess | undefined;
  if (options.command !== undefined) {
    program = startDriverProcess(options.command, {
      folder,
      socket,
      kubeconfig,
      intervalMs: options.rotationIntervalMs,
    });
    scope.defer("driver", program.end);
  } else {
    const driver = scope.use(
      await new Driver({
        clock,
        log: silentLog,
        endpoint: `unix://${socket}`,
        nodeId: "node-0",
        kubeConfig: api.adminConfig,
        providersDir: join(folder, "prov"),
        mounter,
        ...((options.rotates === true || options.rotationIntervalMs !== undefined) && {
          enableSecretRotation: true,
          rotationPollIntervalMs: options.rotationIntervalMs ?? 1,
        }),
        ...(onStep !== undefined && { onStep }),
      }).start(),
    );
    await driver.synced;
  }

  const client = grpcClient(Node, { clock, target: { path: socket } });
  scope.defer("client", () => client.close());
  if (program !== undefined) await program.answers(client, clock);
  let folders = 0;
  const makeFolders = (count: number): void => {
    while (folders < count) mkdirSync(join(pods, `p${folders++}`));
  };
  return {
    folder,
    /** The folders of the pods below this number, which are kubelet's to make: not to be measured along. */
    makeFolders,
    /** Of the driver's own process. */
    driverPid: program?.pid,
    /** What the provider answers from now on is another value. */
    rotate: () => {
      secret.version++;
      secret.contents = Buffer.from(`a secret of version ${secret.version}`);
    },
    providerCalls: () => secret.calls,
    /** Requests of the driver so far, but for lists and watches: `POST secrets`. */
    requests: (): string[] =>
      (journal?.entries({ seam: "kube-api" }) ?? [])
        .filter(({ detail }) => !["list", "watch"].includes(String(detail["verb"])))
        .map(({ operation, detail }) => `${operation.split(" ")[0]} ${detail["resource"]}`),
    /** Pods with a class each, for these numbers. */
    definePods: async (first: number, count: number): Promise<void> => {
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
      await admin.create(ServiceAccounts, account);
      for (let index = first; index < first + count; index++) {
        await admin.create(SecretProviderClasses, classOf(index, options.isSyncing === true) as never);
        const pod = await admin.create(Pods, podOf(index) as never);
        uids.set(index, pod.metadata.uid ?? "");
      }
    },
    publish: (index: number) => {
      makeFolders(index + 1);
      return client.nodePublishVolume(
        {
          volumeId: `v${index}`,
          targetPath: join(pods, `p${index}`, "mount"),
          readonly: true,
          volumeCapability: { accessType: { case: "mount", value: {} } },
          volumeContext: {
            secretProviderClass: uids.has(index) ? `app${index}` : "app",
            "csi.storage.k8s.io/pod.name": `p${index}`,
            "csi.storage.k8s.io/pod.namespace": "default",
            "csi.storage.k8s.io/pod.uid": uids.get(index) ?? uidOf(index),
          },
        },
        { deadlineMs: 60_000 },
      );
    },
    unpublish: (index: number) =>
      client.nodeUnpublishVolume(
        { volumeId: `v${index}`, targetPath: join(pods, `p${index}`, "mount") },
        { deadlineMs: 60_000 },
      ),
  };
}

const uidOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

function podOf(index: number): object {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "app", uid: uidOf(0) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, namespace: "default", ownerReferences: [owner] },
    spec: {
      nodeName: "node-0",
      automountServiceAccountToken: false,
      containers: [{ name: "c", image: "app" }],
      volumes: [
        {
          name: "v",
          csi: { driver: DRIVER_NAME, readOnly: true, volumeAttributes: { secretProviderClass: `app${index}` } },
        },
      ],
    },
  };
}

function classOf(index: number, isSyncing: boolean): object {
  const data = [{ objectName: "password", key: "password" }];
  return {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClass",
    metadata: { name: `app${index}`, namespace: "default" },
    spec: {
      provider: "fixed",
      parameters: { a: "b" },
      ...(isSyncing && { secretObjects: [{ secretName: `s${index}`, type: "Opaque", data }] }),
    },
  };
}
