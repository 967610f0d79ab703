import { MountproofError } from "../../core/index.ts";
import type { VaultState } from "./core/state.ts";
import { dispatch } from "./http/dispatch.ts";

type Body = Readonly<Record<string, unknown>>;

/** Calls Vault's API as root; answers with status and body. */
export type AdminCall = (
  method: string,
  path: string,
  data: Body | undefined,
  namespace: string | undefined,
) => Promise<{ readonly status: number; readonly body: string }>;

/**
 * Speaks Vault's own API as root, past the server that is examined: for seeds and steps, which leave no trace in the
 * journal.
 */
export class VaultAdmin {
  readonly #call: AdminCall;

  constructor(call: AdminCall) {
    this.#call = call;
  }

  /** The `data` of a path; undefined for 404. */
  async read(path: string, namespace?: string): Promise<Record<string, unknown> | undefined> {
    const { status, body } = await this.#call("GET", path, undefined, namespace);
    if (status === 404) return undefined;
    return (check(status, body, "read", path) as { data: Record<string, unknown> }).data;
  }

  /** @throws MountproofError `store_status` with Vault's own errors when it refuses */
  async write(path: string, data: Body = {}, namespace?: string): Promise<Record<string, unknown>> {
    const { status, body } = await this.#call("POST", path, data, namespace);
    return check(status, body, "write", path);
  }

  async delete(path: string, namespace?: string): Promise<void> {
    const { status, body } = await this.#call("DELETE", path, undefined, namespace);
    check(status, body, "delete", path);
  }
}

/** Straight to the dispatcher, without a socket. */
export function localCall(state: VaultState, token: string): AdminCall {
  return async (method, path, data, namespace) => {
    const text = data === undefined ? "" : JSON.stringify(data);
    const [plain = "", query = ""] = path.split("?");
    return await dispatch(
      state,
      {
        method,
        path: `/v1/${plain}`,
        query: new URLSearchParams(query),
        headers: { "x-vault-token": token, ...(namespace !== undefined && { "x-vault-namespace": namespace }) },
        remoteAddress: "127.0.0.1",
        body: async () => Buffer.from(text),
      },
      `/v1/${path}`,
    );
  };
}

function check(status: number, body: string, verb: string, path: string): Record<string, unknown> {
  const value = body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
  if (status < 300) return value;
  const errors = Array.isArray(value["errors"]) ? value["errors"].join("; ") : "";
  throw new MountproofError("store_status", {
    message: `the fake Vault refused to ${verb} "${path}": ${status} ${errors}`.trim(),
    culprit: { path },
  });
}
