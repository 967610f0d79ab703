import { type Clock, MountproofError, type Scope } from "../../core/index.ts";
import { createHttpClient, FaultPlan, type HttpServerOptions, type Journal } from "../../net/index.ts";
import { startStoreFront } from "../kit/index.ts";
import { type AdminCall, VaultAdmin } from "./admin.ts";
import type { VaultHandle } from "./remote.ts";

/** A Vault or OpenBao that somebody else wrote and that runs in dev mode. */
export type ServedVault = {
  /** `http://127.0.0.1:8200` */
  readonly url: string;
  readonly rootToken: string;
  /** The one key of a dev server. */
  readonly unsealKey: string;
};

export type ServedVaultSpec = {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly vault: ServedVault;
  /**
   * What a Vault in a pod finds in its own files and by the cluster's DNS. One that runs outside is told instead, with
   * each configuration of a kubernetes auth method.
   */
  readonly inCluster: { readonly token: string; readonly caPem: string; readonly apiServer: string };
};

/**
 * A real Vault as the steps know a fake one: its own API as root, a front that journals and plays faults, seal and
 * unseal. It is emptied first: what an earlier scenario left would be found.
 */
export async function openServedVault(spec: ServedVaultSpec, scope: Scope): Promise<VaultHandle> {
  const { clock, journal, vault } = spec;
  const http = scope.use(createHttpClient({ clock }));
  const call: AdminCall = async (method, path, data, namespace) => {
    const answer = await http.request({
      method,
      url: `${vault.url}/v1/${path}`,
      headers: {
        "x-vault-token": vault.rootToken,
        "x-vault-request": "true",
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
      },
      ...(data !== undefined && { body: JSON.stringify(told(path, data, spec.inCluster)) }),
    });
    return { status: answer.status, body: answer.body.toString("utf8") };
  };
  const admin = new VaultAdmin(call);
  const unseal = async (): Promise<void> => void (await admin.write("sys/unseal", { key: vault.unsealKey }));
  await unseal();
  await empty(admin);
  const faults = new FaultPlan();
  const serve = async (listener: Pick<HttpServerOptions, "listen" | "tls">) =>
    await startStoreFront({ ...listener, clock, journal, faults, name: "vault", storeUrl: vault.url });
  const front = scope.use(await serve({}));
  return {
    url: front.url,
    host: front.host,
    port: front.port,
    admin,
    faults,
    seal: async () => void (await admin.write("sys/seal")),
    unseal,
    listenToo: serve,
  };
}

function told(
  path: string,
  data: Readonly<Record<string, unknown>>,
  { token, caPem, apiServer }: ServedVaultSpec["inCluster"],
): Readonly<Record<string, unknown>> {
  if (!/^auth\/[^/]+\/config$/.test(path)) return data;
  return { ...data, kubernetes_host: apiServer, kubernetes_ca_cert: caPem, token_reviewer_jwt: token };
}

const KEPT_POLICIES = new Set(["default", "root", "response-wrapping"]);
const KEPT_TYPES = new Set(["system", "cubbyhole", "identity", "ns_system", "ns_cubbyhole", "ns_identity"]);

/** As a dev server begins: no auth method but tokens, no policy of one's own, key-value version 2 at `secret`. */
async function empty(admin: VaultAdmin): Promise<void> {
  for (const path of Object.keys((await admin.read("sys/auth")) ?? {}))
    if (path !== "token/") await admin.delete(`sys/auth/${path.replace(/\/$/, "")}`);
  const policies = (await admin.read("sys/policies/acl?list=true"))?.["keys"] as readonly string[] | undefined;
  for (const name of policies ?? []) if (!KEPT_POLICIES.has(name)) await admin.delete(`sys/policies/acl/${name}`);
  for (const [path, mount] of Object.entries((await admin.read("sys/mounts")) ?? {}))
    if (!KEPT_TYPES.has((mount as { type?: string }).type ?? ""))
      await admin.delete(`sys/mounts/${path.replace(/\/$/, "")}`);
  await admin.write("sys/mounts/secret", { type: "kv", options: { version: "2" } });
  await usable(admin);
}

/** A key-value store of version 2 answers 400 while it prepares itself, and says so; each question is a round trip. */
async function usable(admin: VaultAdmin): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    try {
      await admin.read("secret/config");
      return;
    } catch (error) {
      if (!String(error).includes("pgrading")) throw error;
    }
  }
  throw new MountproofError("timeout", { message: 'the key-value store at "secret" does not get ready' });
}
