import { readFileSync } from "node:fs";
import type { Writable } from "node:stream";
import { MountproofError, messageOf } from "../../core/index.ts";
import type { KubeConfig } from "../../kube/client.ts";

/** Whose cluster a context leads to, as far as its name and address tell. */
export type ContextOwner = "kind" | "mountproof" | "somebody";

export type PodContainer = { readonly namespace: string; readonly name: string; readonly container: string };

/** Runs a command in a container. Rejects when the container cannot be reached. */
export type ExecInPod = (
  pod: PodContainer,
  command: readonly string[],
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

export type OpenedContext = {
  /** The context's name. */
  readonly name: string;
  readonly owner: ContextOwner;
  readonly config: KubeConfig;
  readonly exec: ExecInPod;
};

/** kind names its contexts `kind-NAME`, `mountproof up` its own `mountproof`, both at this machine. Pure. */
export function ownerOf(context: string, server: string): ContextOwner {
  const isHere = /^https:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(server);
  if (!isHere) return "somebody";
  if (/^kind-./.test(context)) return "kind";
  return context === "mountproof" ? "mountproof" : "somebody";
}

/**
 * Opens a context of a kubeconfig, whatever its user logs in with (certificates, tokens, exec plugins).
 * @param context the current one when left out
 * @param allow is asked before anything else is done, the user's login included; it throws when the context is not meant
 * @throws MountproofError `invalid_config` for a file or context that is of no use
 */
export async function openContext(
  path: string,
  context?: string,
  allow: (of: {
    readonly name: string;
    readonly server: string;
    readonly owner: ContextOwner;
  }) => Promise<void> = async () => {},
): Promise<OpenedContext> {
  const { Exec, KubeConfig: File } = await import("@kubernetes/client-node");
  const file = new File();
  const broken = (why: string, cause?: unknown): MountproofError =>
    new MountproofError("invalid_config", {
      message: `the kubeconfig "${path}" is of no use: ${why}`,
      hint: "check it with kubectl --kubeconfig … config get-contexts",
      culprit: { kubeconfig: path },
      cause,
    });
  try {
    file.loadFromFile(path);
  } catch (cause) {
    throw broken(`it cannot be read: ${messageOf(cause)}`, cause);
  }
  const name = context ?? file.getCurrentContext();
  if (file.getContextObject(name) === null || file.getContextObject(name) === undefined)
    throw broken(
      `it has no context "${name}"; it has: ${
        file
          .getContexts()
          .map((one) => one.name)
          .join(", ") || "none"
      }`,
    );
  file.setCurrentContext(name);
  const cluster = file.getCurrentCluster();
  if (cluster === null || cluster === undefined) throw broken(`its context "${name}" names no cluster`);
  const owner = ownerOf(name, cluster.server);
  await allow({ name, server: cluster.server, owner });
  const options: { ca?: unknown; cert?: unknown; key?: unknown; headers?: Record<string, unknown> } = {};
  try {
    await file.applyToHTTPSOptions(options as never);
  } catch (cause) {
    throw broken(`the user of its context "${name}" cannot log in: ${messageOf(cause)}`, cause);
  }
  const exec = new Exec(file);
  return {
    name,
    owner,
    config: {
      server: cluster.server.replace(/\/$/, ""),
      caPem: caOf(cluster, options.ca),
      credentials: credentialsOf(options),
      userAgent: "mountproof",
    },
    exec: (pod, command) => runIn(exec, pod, command),
  };
}

function caOf({ caFile }: { readonly caFile?: string | undefined }, found: unknown): string {
  if (Buffer.isBuffer(found) || typeof found === "string") return String(found);
  return caFile === undefined ? "" : readFileSync(caFile, "utf8");
}

function credentialsOf(options: {
  readonly cert?: unknown;
  readonly key?: unknown;
  readonly headers?: Record<string, unknown>;
}): KubeConfig["credentials"] {
  const bearer = /^Bearer (.+)$/.exec(String(options.headers?.["Authorization"] ?? ""))?.[1];
  if (bearer !== undefined) return { kind: "token", token: bearer };
  if (options.cert !== undefined && options.key !== undefined)
    return { kind: "certificate", certPem: String(options.cert), keyPem: String(options.key) };
  return { kind: "none" };
}

type Exec = InstanceType<typeof import("@kubernetes/client-node").Exec>;

async function runIn(
  exec: Exec,
  { namespace, name, container }: PodContainer,
  command: readonly string[],
): ReturnType<ExecInPod> {
  const { PassThrough } = await import("node:stream");
  const collect = (): { readonly into: Writable; readonly text: () => string } => {
    const chunks: Buffer[] = [];
    const into = new PassThrough().on("data", (chunk: Buffer) => chunks.push(chunk));
    return { into, text: () => Buffer.concat(chunks).toString("utf8") };
  };
  const [stdout, stderr] = [collect(), collect()];
  const exitCode = await new Promise<number>((resolve, reject) => {
    exec
      .exec(namespace, name, container, [...command], stdout.into, stderr.into, null, false, (status) => {
        if (status.status === "Success") return resolve(0);
        const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
        if (code !== undefined) resolve(Number(code));
        else
          reject(new MountproofError("api_status", { message: `exec in "${namespace}/${name}": ${status.message}` }));
      })
      .then(
        (socket) => {
          socket.on("error", reject);
          socket.on("close", () =>
            reject(new MountproofError("unavailable", { message: "exec ended without a status" })),
          );
        },
        (cause: unknown) =>
          reject(
            new MountproofError("unavailable", {
              message: `exec in "${namespace}/${name}" failed: ${messageOf(cause)}`,
              cause,
            }),
          ),
      );
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
