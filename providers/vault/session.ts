import { goJson, goJsonError } from "../../core/go/index.ts";
import { isMountproofError } from "../../core/index.ts";
import { type KubeClient, type KubeObject, KubeStatusError, ServiceAccounts } from "../../kube/index.ts";
import {
  type ClientLimit,
  networkFailure,
  type PodIdentity,
  type ProviderBehaviour,
  ProviderCrash,
} from "../kit/index.ts";
import type { Connection } from "./connection.ts";
import { DEFAULTS } from "./spec.ts";
import type { VaultReply, VaultRequest } from "./vault-http.ts";
import { VaultApiError, VaultNetworkError } from "./vault-http.ts";

/** Who logs in, and with what. */
export type Login = {
  readonly roleName: string;
  readonly pod: PodIdentity;
  /** ServiceAccount tokens that came with the mount, by audience. */
  readonly tokens: ReadonlyMap<string, string>;
};

const TOKEN_SECONDS = 900;

/**
 * One pod's way into Vault: the connection and the token of its last login. Kept over mounts; concurrent readers
 * share one login.
 */
export class VaultSession implements AsyncDisposable {
  readonly connection: Connection;
  readonly #kube: KubeClient | undefined;
  readonly #limit: ClientLimit;
  readonly #behaviour: ProviderBehaviour;
  #token: string;
  #login: { readonly done: Promise<void>; readonly signal: AbortSignal } | undefined;

  constructor(connection: Connection, kube: KubeClient | undefined, limit: ClientLimit, behaviour: ProviderBehaviour) {
    this.connection = connection;
    this.#kube = kube;
    this.#limit = limit;
    this.#behaviour = behaviour;
    this.#token = connection.token;
  }

  /**
   * Reads once; logs in first where there is no token, and again where it is refused.
   * @throws Error whose message is what the real provider puts behind the object's name
   */
  async read(
    request: Omit<VaultRequest, "token" | "namespace">,
    login: Login,
    signal: AbortSignal,
  ): Promise<VaultReply> {
    let hasLoggedIn = false;
    if (this.#token === "") {
      await this.#loginOnce("", login, signal);
      hasLoggedIn = true;
    }
    const used = this.#token;
    try {
      return await this.#send(request, signal);
    } catch (error) {
      if (!(error instanceof VaultApiError) || error.status !== 403 || hasLoggedIn)
        throw prefixed("error requesting secret", error);
      try {
        await this.#loginOnce(used, login, signal);
      } catch (again) {
        if (again instanceof ProviderCrash) throw again;
        throw new Error(`failed to fetch secret: ${error.message}; and failed to reauthenticate: ${textOf(again)}`);
      }
      try {
        return await this.#send(request, signal);
      } catch (second) {
        throw prefixed("error requesting secret", second);
      }
    }
  }

  async #send(request: Omit<VaultRequest, "token" | "namespace">, signal: AbortSignal): Promise<VaultReply> {
    const { vault, namespace } = this.connection;
    return await vault.send({ ...request, token: this.#token, namespace }, signal);
  }

  /** One login for all who found `refused` to be no good. */
  async #loginOnce(refused: string, login: Login, signal: AbortSignal): Promise<void> {
    while (this.#token === refused) {
      const shared = this.#login;
      if (shared === undefined) {
        const done = this.#authenticate(login, signal).finally(() => {
          this.#login = undefined;
        });
        this.#login = { done, signal };
        return await done;
      }
      try {
        return await shared.done;
      } catch (error) {
        // The one who logged in for all gave up: that says nothing about the others.
        if (!shared.signal.aborted || signal.aborted) throw error;
      }
    }
  }

  async #authenticate(login: Login, signal: AbortSignal): Promise<void> {
    const { vault, prefix, authMount, namespace } = this.connection;
    const jwt = await this.#jwt(login, signal);
    let reply: VaultReply;
    try {
      reply = await vault.send(
        {
          method: "POST",
          path: `${prefix}/v1/auth/${authMount.replace(/^\/+|\/+$/g, "")}/login`,
          body: goJson({ jwt, role: login.roleName }),
          token: this.#token,
          namespace,
        },
        signal,
      );
    } catch (error) {
      throw prefixed("failed to login", error);
    }
    const problem = reply.body.trim() === "" ? undefined : goJsonError(reply.body);
    if (problem !== undefined) throw new Error(`failed to parse login response: ${problem}`);
    const auth =
      reply.body.trim() === ""
        ? undefined
        : (JSON.parse(reply.body) as { auth?: { client_token?: string } } | null)?.auth;
    if (auth === undefined || auth === null) {
      if (this.#behaviour === "upstream")
        throw new ProviderCrash("invalid memory address or nil pointer dereference: a login without auth");
      throw new Error("failed to login: Vault answered without a token");
    }
    this.#token = auth.client_token ?? "";
  }

  /** The token that came with the mount for the audience, else one made for the pod. */
  async #jwt({ tokens, pod }: Login, signal: AbortSignal): Promise<string> {
    const { audience } = this.connection;
    const given = tokens.get(audience || DEFAULTS.audience);
    if (given) return given;
    const failed = (why: string): Error =>
      new Error(
        `failed to create a service account token for requesting pod {${pod.name} ${pod.uid} ${pod.namespace} ${pod.serviceAccount} }: ${why}`,
      );
    if (this.#kube === undefined) throw failed("no API server is known");
    if (pod.serviceAccount === "") throw failed("resource name may not be empty");
    const request: KubeObject = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: { name: pod.serviceAccount, namespace: pod.namespace },
      spec: {
        audiences: audience === "" ? [] : [audience],
        expirationSeconds: TOKEN_SECONDS,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name: pod.name, uid: pod.uid },
      },
    };
    try {
      await this.#limit.turn(signal);
      const made = await this.#kube.create(ServiceAccounts, request, { subresource: "token" });
      return (made["status"] as { token: string }).token;
    } catch (error) {
      const path = `/api/v1/namespaces/${pod.namespace}/serviceaccounts/${pod.serviceAccount}/token`;
      throw failed(isMountproofError(error) ? unreachable(this.#kube.config.server, path, error) : textOf(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }
}

/** Keeps that it was a timeout: it has a code of its own. */
function prefixed(prefix: string, error: unknown): Error {
  if (error instanceof VaultNetworkError) return new VaultNetworkError(`${prefix}: ${error.message}`, error.isTimeout);
  if (error instanceof VaultApiError) return new VaultApiError(error.status, `${prefix}: ${error.message}`);
  return error instanceof Error ? error : new Error(String(error));
}

/** No answer of the API server, as client-go tells it. */
function unreachable(server: string, path: string, error: unknown): string {
  const { hostname, port } = new URL(server);
  const { text } = networkFailure(error, { host: hostname, port: Number(port) || 443 });
  return `Post ${JSON.stringify(`${server}${path}`)}: ${text}`;
}

function textOf(error: unknown): string {
  if (error instanceof KubeStatusError || isMountproofError(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}
