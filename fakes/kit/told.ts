import { type Clock, MountproofError } from "../../core/index.ts";
import { createHttpClient, type Dialer, type Fault } from "../../net/index.ts";
import { CONTROL_ROOT, type Controls } from "./control.ts";

/** Methods of an administrator, by name. */
type Methods = Readonly<Record<string, (...said: never[]) => unknown>>;

/**
 * The control by which a store's administrator is told what steps say: `POST do/told` with `{ operation, said }`.
 * @param operations what may be told; anything else is refused by name
 */
export function toldControl(admin: object, operations: readonly string[]): Controls {
  return {
    told: async (body) => {
      const { operation, said } = (body ?? {}) as { readonly operation?: unknown; readonly said?: unknown };
      if (typeof operation !== "string" || !operations.includes(operation) || !Array.isArray(said))
        throw new MountproofError("invalid_argument", {
          message: `this store is not told "${String(operation)}" with a list of arguments; it is told: ${operations.join(", ")}`,
        });
      await (admin as Methods)[operation]?.(...(said as never[]));
      return {};
    },
  };
}

/** A fake store in a process or a pod of its own, by its control API. */
export type RemoteStore = AsyncDisposable & {
  readonly faults: { add(fault: Fault): Promise<void>; clear(): Promise<void> };
  /** @throws MountproofError `store_status` with what the store said */
  tell(operation: string, said: readonly unknown[]): Promise<void>;
  /** Begins anew, with nothing in it. */
  reset(): Promise<void>;
};

/** @param url what stands before `/_mountproof/`: `http://127.0.0.1:41234` */
export function remoteStore(url: string, clock: Clock, dialer?: Dialer): RemoteStore {
  const http = createHttpClient({ clock, ...(dialer && { dialer }) });
  const ask = async (method: string, what: string, body: unknown = {}): Promise<void> => {
    const answer = await http.request({
      method,
      url: `${url.replace(/\/$/, "")}${CONTROL_ROOT}${what}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.status < 300) return;
    throw new MountproofError("store_status", {
      message: `the fake store's control API refused ${method} ${what}: ${reasonOf(answer.body.toString("utf8"))}`,
    });
  };
  return {
    faults: {
      add: async (fault) => await ask("POST", "faults", fault),
      clear: async () => await ask("DELETE", "faults"),
    },
    tell: async (operation, said) => await ask("POST", "do/told", { operation, said }),
    reset: async () => await ask("POST", "reset"),
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
}

/** The control API's own words; what something else answered, as far as it is worth reading. */
function reasonOf(body: string): string {
  try {
    return String((JSON.parse(body) as { readonly error?: unknown }).error);
  } catch {
    return body.slice(0, 300);
  }
}
