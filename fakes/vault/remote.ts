import { type Clock, MountproofError } from "../../core/index.ts";
import { createHttpClient, type Dialer, type Fault, type HttpServerOptions } from "../../net/index.ts";
import { CONTROL_ROOT } from "../kit/index.ts";
import { VaultAdmin } from "./admin.ts";

/** What steps do to a Vault, whether it runs in this process or as one of its own. */
export interface VaultHandle {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly admin: VaultAdmin;
  readonly faults: { add(fault: Fault): unknown; clear(): unknown };
  seal(): void | Promise<void>;
  unseal(): void | Promise<void>;
  /** Serves the same Vault on another address, behind TLS for example. */
  listenToo(
    listener: Pick<HttpServerOptions, "listen" | "tls">,
  ): Promise<AsyncDisposable & { readonly host: string; readonly port: number }>;
}

/** A fake Vault in a process of its own, by its control API. @param url `http://127.0.0.1:41234` */
export function remoteVault(url: string, clock: Clock, dialer?: Dialer): VaultHandle & AsyncDisposable {
  const http = createHttpClient({ clock, ...(dialer && { dialer }) });
  const ask = async (method: string, what: string, body: unknown = {}): Promise<unknown> => {
    const answer = await http.request({
      method,
      url: `${url}${CONTROL_ROOT}${what}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const value = JSON.parse(answer.body.toString()) as { error?: string };
    if (answer.status < 300) return value;
    throw new MountproofError("store_status", {
      message: `the fake Vault's control API refused ${method} ${what}: ${value.error}`,
    });
  };
  return {
    url,
    host: new URL(url).hostname,
    port: Number(new URL(url).port),
    admin: new VaultAdmin(async (method, path, data, namespace) => {
      const call = { method, path, ...(data !== undefined && { data }), ...(namespace !== undefined && { namespace }) };
      return (await ask("POST", "do/admin", call)) as { status: number; body: string };
    }),
    faults: {
      add: async (fault) => await ask("POST", "faults", fault),
      clear: async () => await ask("DELETE", "faults"),
    },
    seal: async () => void (await ask("POST", "do/seal")),
    unseal: async () => void (await ask("POST", "do/unseal")),
    listenToo: async ({ tls }) => {
      if (tls === undefined)
        throw new MountproofError("unsupported", {
          message: "a fake Vault in another process listens too behind TLS alone",
        });
      const { certPem, keyPem } = tls;
      const place = (await ask("POST", "do/listen", { certPem, keyPem })) as { host: string; port: number };
      return { ...place, [Symbol.asyncDispose]: async () => {} }; // ends with the process
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}
