import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { isMountproofError, MountproofError, Scope, seconds } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/client.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { createCertificateAuthority, createDialer, createHttpClient, createSigningKey } from "../../net/index.ts";
import type { ClusterApi, ClusterApiContext } from "../embedded/index.ts";
import type { Assets } from "./assets.ts";
import { startProgram } from "./program.ts";

const READY_MS = seconds(120);
const PORT_TRIES = 5;
const OWN_NAMES = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

/**
 * A real kube-apiserver over a real etcd, both with their files in the cluster's folder and gone with it. It has what a
 * control plane of one machine needs and nothing that only controllers bring.
 * @throws MountproofError `environment` when one of them does not get ready
 */
export async function startRealApiServer(assets: Assets, context: ClusterApiContext): Promise<ClusterApi> {
  return await Scope.run("kube-apiserver", async (scope) => await start(assets, context, scope));
}

async function start(assets: Assets, context: ClusterApiContext, scope: Scope): Promise<ClusterApi> {
  const { clock, processGroups } = context;
  const folder = join(context.folder, "apiserver");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = context.authority ?? (await createCertificateAuthority({ clock, commonName: "kubernetes" }));
  const etcd = join(folder, "etcd.sock");
  const groups = processGroups === undefined ? {} : { processGroups };
  await startProgram(
    {
      name: "etcd",
      path: assets.etcd,
      args: etcdArguments(folder, etcd),
      logFile: join(folder, "etcd.log"),
      isReady: healthOf(etcd, context, scope),
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
          args: apiServerArguments({ files, folder, etcd, port, url, audiences: context.audiences ?? [] }),
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
    return {
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

function healthOf(socket: string, { clock }: ClusterApiContext, scope: Scope): () => Promise<boolean> {
  const dialer = createDialer({ resolvers: [async () => ({ path: socket })] });
  const http = scope.use(createHttpClient({ clock, dialer }));
  return async () => (await http.request({ method: "GET", url: "http://etcd/health" })).status === 200;
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
  readonly etcd: string;
  readonly port: number;
  readonly url: string;
  readonly audiences: readonly string[];
};

function apiServerArguments({ audiences, etcd, files, folder, port, url }: ServerArguments): string[] {
  return [
    `--etcd-servers=unix://${etcd}`,
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
