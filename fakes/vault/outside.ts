import { type Clock, MountproofError } from "../../core/index.ts";
import { createHttpClient, type Dialer } from "../../net/index.ts";
import { type AdminCall, VaultAdmin } from "./admin.ts";
import type { VaultHandle } from "./remote.ts";

export type OutsideVault = {
  /** `http://127.0.0.1:8200` */
  readonly admin: string;
  readonly token: string;
  /** What the configuration of a kubernetes auth method is written with, besides what a script says. */
  readonly kubernetesAuth?: Readonly<Record<string, unknown>>;
};

/**
 * A Vault that is somebody's own: it is told by its API what the guide's script says, and nothing else is done to it. It
 * is neither emptied nor sealed, and nothing stands before it.
 */
export function outsideVault(vault: OutsideVault, clock: Clock, dialer?: Dialer): VaultHandle & AsyncDisposable {
  const http = createHttpClient({ clock, ...(dialer && { dialer }) });
  const call: AdminCall = async (method, path, data, namespace) => {
    const isConfig = /^auth\/[^/]+\/config$/.test(path);
    const answer = await http.request({
      method,
      url: `${vault.admin.replace(/\/$/, "")}/v1/${path}`,
      headers: {
        "x-vault-token": vault.token,
        "x-vault-request": "true",
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
      },
      ...(data !== undefined && { body: JSON.stringify({ ...data, ...(isConfig && vault.kubernetesAuth) }) }),
    });
    const body = answer.body.toString("utf8");
    // What the script enables may be there already.
    if (answer.status === 400 && path.startsWith("sys/auth/") && body.includes("path is already in use"))
      return { status: 204, body: "" };
    return { status: answer.status, body };
  };
  const refuse = (what: string) => (): never => {
    throw new MountproofError("unsupported", { message: `a Vault that is somebody's own is not ${what}` });
  };
  const { hostname, port } = new URL(vault.admin);
  return {
    url: vault.admin,
    host: hostname,
    port: Number(port),
    admin: new VaultAdmin(call),
    faults: { add: refuse("made to fail"), clear: () => {} },
    seal: refuse("sealed"),
    unseal: refuse("unsealed"),
    listenToo: refuse("put at another address"),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}
