import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Clock, isMountproofError, MountproofError, Scope, seconds } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/client.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { createCertificateAuthority, createSigningKey } from "../../net/index.ts";
import { untilHolds } from "../embedded/acts.ts";
import type { ClusterApi, ClusterApiContext } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { Etcd } from "./etcd.ts";
import { startProgram } from "./program.ts";

const READY_MS = seconds(120);
const PORT_TRIES = 5;
const OWN_NAMES = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/** A running one, and the store below it. */
export type RealApiServer = ClusterApi & { readonly clock: Clock; readonly etcd: Etcd };

/**
 * A real kube-apiserver over a real etcd, both with their files in the cluster's folder and gone with it. It has what a
 * control plane of one machine needs and nothing that only controllers bring.
 * @throws MountproofError `environment` when one of them does not get ready
 */
export async function startRealApiServer(assets: Assets, context: ClusterApiContext): Promise<RealApiServer> {
  return await Scope.run("kube-apiserver", async (scope) => await start(assets, context, scope));
}

async function start(assets: Assets, context: ClusterApiContext, scope: Scope): Promise<RealApiServer> {
  const { clock, processGroups } = context;
  const folder = join(context.folder, "apiserver");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = context.authority ?? (await createCertificateAuthority({ clock, commonName: "kubernetes" }));
  const socket = join(folder, "etcd.sock");
  const etcd = new Etcd(socket, clock, scope);
  const groups = processGroups === undefined ? {} : { processGroups };
  await startProgram(
    {
      name: "etcd",
      path: assets.etcd,
      args: etcdArguments(folder, socket),
      logFile: join(folder, "etcd.log"),
      isReady: () => etcd.isHealthy(),
      readyMs: READY_MS,
      clock,
      ...groups,
    },
    scope,
  );
  const files = await writeFiles(folder, authority, context);
  const configFor = async (user: { name: string; groups?: readonly string[] }, server: string): Promise<KubeConfig> => {
    const { certPem, keyPem } = await authority.issue({
      commonName: user.name,
      ...(user.groups !== undefined && { organizations: user.groups }),
      usages: ["client"],
    });
    return { server, caPem: authority.certPem, credentials: { kind: "certificate", certPem, keyPem } };
  };
  for (let tries = 1; ; tries++) {
    const port = await unusedPort();
    const url = `https://127.0.0.1:${port}`;
    const adminConfig = await configFor({ name: "kubernetes-admin", groups: ["system:masters"] }, url);
    const admin = scope.use(createKubeClient(adminConfig, { clock }));
    try {
      await startProgram(
        {
          name: "kube-apiserver",
          path: assets.kubeApiserver,
          args: apiServerArguments({ files, folder, socket, port, url, audiences: context.audiences ?? [] }),
          logFile: join(folder, "kube-apiserver.log"),
          isReady: async () => (await admin.raw("GET", "/readyz")).status === 200,
          readyMs: READY_MS,
          clock,
          ...groups,
        },
        scope,
      );
    } catch (error) {
      // Somebody else took the port between its choice and its use: another one is tried.
      if (tries < PORT_TRIES && isMountproofError(error) && error.message.includes("address already in use")) continue;
      throw error;
    }
    await openIssuer(admin);
    await untilFurnished(admin, clock);
    return {
      clock,
      etcd,
      url,
      port,
      caPem: authority.certPem,
      issuer: { url, caPem: authority.certPem },
      adminConfig,
      configFor: (user) => configFor(user, url),
      tokenConfig: () => {
        throw unsupported("made-up tokens: a real kube-apiserver knows those of its own accounts alone");
      },
      compact: () => {
        throw unsupported("forgetting the watch history at will");
      },
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  }
}

function etcdArguments(folder: string, socket: string): string[] {
  // One member, which nobody looks for: what it calls itself leads nowhere.
  const nowhere = "http://localhost:0";
  return [
    "--name=default",
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=unix://${socket}`,
    `--advertise-client-urls=${nowhere}`,
    `--listen-peer-urls=unix://${join(folder, "peer.sock")}`,
    `--initial-advertise-peer-urls=${nowhere}`,
    `--initial-cluster=default=${nowhere}`,
    "--unsafe-no-fsync",
    "--log-level=error",
  ];
}

type Files = {
  readonly clientCa: string;
  readonly cert: string;
  readonly key: string;
  readonly signing: string;
  readonly verifying: string;
};

async function writeFiles(
  folder: string,
  authority: NonNullable<ClusterApiContext["authority"]>,
  { signingKey }: ClusterApiContext,
): Promise<Files> {
  const serving = await authority.issue({
    commonName: "kube-apiserver",
    dnsNames: [...OWN_NAMES, "localhost"],
    ipAddresses: ["127.0.0.1", "10.96.0.1"],
    usages: ["server"],
  });
  const { privateKey, publicKey } = await (signingKey ?? createSigningKey)();
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return {
    clientCa: await write("ca.pem", authority.certPem),
    cert: await write("serving.pem", serving.certPem),
    key: await write("serving-key.pem", serving.keyPem),
    signing: await write("signing-key.pem", privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
    verifying: await write("signing-key.pub", publicKey.export({ type: "spki", format: "pem" }).toString()),
  };
}

type ServerArguments = {
  readonly files: Files;
  readonly folder: string;
  readonly socket: string;
  readonly port: number;
  readonly url: string;
  readonly audiences: readonly string[];
};

function apiServerArguments({ audiences, files, folder, port, socket, url }: ServerArguments): string[] {
  return [
    `--etcd-servers=unix://${socket}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    `--cert-dir=${folder}`,
    `--client-ca-file=${files.clientCa}`,
    `--tls-cert-file=${files.cert}`,
    `--tls-private-key-file=${files.key}`,
    `--service-account-issuer=${url}`,
    `--service-account-signing-key-file=${files.signing}`,
    `--service-account-key-file=${files.verifying}`,
    `--api-audiences=${[url, "https://kubernetes.default.svc", ...audiences].join(",")}`,
    "--profiling=false",
  ];
}

/** Stores verify tokens by the issuer's two documents, which only accounts may read until somebody opens them. */
async function openIssuer(admin: KubeClient): Promise<void> {
  const group = "rbac.authorization.k8s.io";
  const { status, body } = await admin.raw("POST", `/apis/${group}/v1/clusterrolebindings`, {
    body: {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "mountproof-issuer" },
      roleRef: { apiGroup: group, kind: "ClusterRole", name: "system:service-account-issuer-discovery" },
      subjects: [{ apiGroup: group, kind: "Group", name: "system:unauthenticated" }],
    },
  });
  if (status !== 201)
    throw new MountproofError("api_status", {
      message: `the issuer's documents cannot be opened: ${body.slice(0, 200)}`,
    });
}

/** What it writes for itself a moment after it is ready. */
const FURNITURE = [
  ...["default", "kube-node-lease", "kube-public", "kube-system"].map((name) => `/api/v1/namespaces/${name}`),
  "/api/v1/namespaces/default/services/kubernetes",
  "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
];

async function untilFurnished(admin: KubeClient, clock: Clock): Promise<void> {
  const isThere = async (path: string): Promise<boolean> => (await admin.raw("GET", path)).status === 200;
  const isFurnished = async (): Promise<boolean> => (await Promise.all(FURNITURE.map(isThere))).every(Boolean);
  if (!(await untilHolds(clock, isFurnished, seconds(60))))
    throw new MountproofError("timeout", { message: "kube-apiserver did not make its own objects within 60 s" });
}

/** One that nobody has at this moment. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function unsupported(what: string): MountproofError {
  return new MountproofError("unsupported", { message: `the apiserver backend has no ${what}` });
}
