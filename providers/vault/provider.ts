import { goJson } from "../../core/go/index.ts";
import { messageOf } from "../../core/index.ts";
import { createKubeClient, type KubeClient } from "../../kube/index.ts";
import { GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import {
  ClientLimit,
  fetchAll,
  type MountContext,
  type Mounted,
  type MountRequest,
  type Provider,
  type ProviderBehaviour,
  ProviderCrash,
} from "../kit/index.ts";
import { openConnection } from "./connection.ts";
import { parseParameters, type VaultObject, type VaultParameters } from "./parameters.ts";
import { decodeValue, parseSecret, type VaultSecret, valueOfKey } from "./secret.ts";
import { requestPath } from "./secret-path.ts";
import { VaultSession } from "./session.ts";
import { DEFAULTS, type VaultProviderSpec } from "./spec.ts";
import { VaultNetworkError } from "./vault-http.ts";
import { hmacKey, objectVersion } from "./version.ts";

const PREFIX = "error making mount request: ";
/** RFC 9110: what an HTTP method is made of. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The reference Vault provider: logs in as the pod, reads, extracts. */
export class VaultProvider implements Provider {
  readonly runtimeName = "vault-csi-provider";
  readonly runtimeVersion: string;
  readonly #spec: VaultProviderSpec;
  readonly #behaviour: ProviderBehaviour;
  readonly #kube: KubeClient | undefined;
  readonly #limit: ClientLimit;
  readonly #sessions = new Map<string, Promise<VaultSession>>();

  constructor(spec: VaultProviderSpec) {
    const { clock, dialer } = spec;
    this.#spec = spec;
    this.#behaviour = spec.behaviour ?? "hardened";
    this.runtimeVersion = this.#behaviour === "upstream" ? "" : "mountproof";
    // client-go's limit is no part of what a provider owes anybody.
    this.#limit = new ClientLimit(clock, this.#behaviour === "upstream" ? { qps: 5, burst: 10 } : { qps: 0, burst: 0 });
    this.#kube =
      spec.kubeConfig === undefined
        ? undefined
        : createKubeClient(spec.kubeConfig, { clock, ...(dialer && { dialer }) });
  }

  /** Parameters, HMAC key, session, then each object in the list's order. */
  async mount(request: MountRequest, context: MountContext): Promise<Mounted> {
    const parameters = parseParameters(request);
    const key = await this.#hmacKey(context);
    await using held = await this.#session(parameters);
    const responses = new Map<string, Promise<VaultSecret>>();
    const files = await fetchAll(parameters.objects, this.#behaviour, (object) =>
      this.#file(object, parameters, held.session, responses, context),
    );
    return {
      files,
      versions: parameters.objects.map((object, index) => ({
        id: object.objectName,
        version: key === undefined ? "" : objectVersion(key, object, files[index]?.contents ?? new Uint8Array()),
      })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.values())
      await session.then((one) => one[Symbol.asyncDispose]()).catch(() => {});
    await this.#kube?.[Symbol.asyncDispose]();
  }

  async #file(
    object: VaultObject,
    parameters: VaultParameters,
    session: VaultSession,
    responses: Map<string, Promise<VaultSecret>>,
    { signal }: MountContext,
  ) {
    const secret = await this.#secret(object, parameters, session, responses, signal);
    // The wire holds 32 bits with a sign, which is what Go's conversion leaves of a larger mode.
    const contents = object.secretKey === "" ? Buffer.from(secret.whole()) : this.#value(object, secret);
    return { path: object.objectName, mode: (object.filePermission || parameters.permission) | 0, contents };
  }

  #value(object: VaultObject, secret: VaultSecret): Buffer {
    try {
      return decodeValue(valueOfKey(secret.data ?? {}, object.secretKey), object.encoding);
    } catch (error) {
      throw new Error(`${PREFIX}{${object.secretPath}}: {${messageOf(error)}}`);
    }
  }

  /** One read a mount for objects that share path and method (and, hardened, their arguments). */
  async #secret(
    object: VaultObject,
    parameters: VaultParameters,
    session: VaultSession,
    responses: Map<string, Promise<VaultSecret>>,
    signal: AbortSignal,
  ): Promise<VaultSecret> {
    const isHardened = this.#behaviour === "hardened";
    const key = JSON.stringify([object.secretPath, object.method, isHardened ? goJson(object.secretArgs) : ""]);
    let response = responses.get(key);
    if (response === undefined) {
      response = this.#fetch(object, parameters, session, signal);
      responses.set(key, response);
    }
    return await response;
  }

  async #fetch(
    object: VaultObject,
    parameters: VaultParameters,
    session: VaultSession,
    signal: AbortSignal,
  ): Promise<VaultSecret> {
    try {
      const login = { roleName: parameters.roleName, pod: parameters.pod, tokens: parameters.tokens };
      const method = object.method || "GET";
      const reply = await session.read(
        {
          method,
          // Looked at when the request is made, which is after the login.
          get path() {
            if (object.badArgs !== undefined) throw new Error(object.badArgs);
            const path = requestPath(session.connection.prefix, object.secretPath, object.objectName);
            if (!METHOD.test(method))
              throw new Error(`error requesting secret: net/http: invalid method ${JSON.stringify(method)}`);
            return path;
          },
          ...(object.secretArgs !== null && { body: goJson(object.secretArgs) }),
        },
        login,
        signal,
      );
      const secret = reply.status >= 300 ? undefined : parseSecret(reply.body);
      if (secret === undefined) throw this.#nothing(object, reply.status);
      if (secret.data === undefined) throw new EmptyResponse(object.secretPath, secret.warnings);
      return secret;
    } catch (error) {
      if (error instanceof ProviderCrash || error instanceof GrpcError) throw error;
      const text =
        error instanceof EmptyResponse
          ? error.message
          : `couldn't read secret ${JSON.stringify(object.objectName)}: ${messageOf(error)}`;
      if (error instanceof VaultNetworkError && error.isTimeout)
        throw new GrpcError(GrpcStatus.DEADLINE_EXCEEDED, `${PREFIX}${text}`, { cause: error });
      throw new Error(`${PREFIX}${text}`, { cause: error });
    }
  }

  /** A good answer that holds nothing: the real provider dies of it. */
  #nothing({ secretPath }: VaultObject, status: number): Error {
    if (this.#behaviour === "upstream")
      return new ProviderCrash("invalid memory address or nil pointer dereference: an answer without a secret");
    return new Error(
      `error requesting secret: Vault answered ${status} without a secret at ${JSON.stringify(secretPath)}`,
    );
  }

  async #hmacKey({ log, signal }: MountContext): Promise<Buffer | undefined> {
    if (this.#kube === undefined) return undefined;
    const { namespace = DEFAULTS.namespace, hmacSecretName = DEFAULTS.hmacSecretName } = this.#spec;
    try {
      return await hmacKey(this.#kube, namespace, hmacSecretName, () => this.#limit.turn(signal));
    } catch (error) {
      log.warn("versions stay empty: the HMAC key cannot be had", { error: messageOf(error) });
      return undefined;
    }
  }

  /** The pod's session, kept for its next mount; one of its own where nothing is kept. */
  async #session(parameters: VaultParameters): Promise<AsyncDisposable & { readonly session: VaultSession }> {
    const { cacheSize = DEFAULTS.cacheSize } = this.#spec;
    const open = async (): Promise<VaultSession> => {
      try {
        return new VaultSession(
          await openConnection(this.#spec, parameters.connection),
          this.#kube,
          this.#limit,
          this.#behaviour,
        );
      } catch (error) {
        throw new Error(`${PREFIX}${messageOf(error)}`, { cause: error });
      }
    };
    if (cacheSize <= 0) {
      const session = await open();
      return { session, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
    }
    const key = JSON.stringify([parameters.connection, parameters.roleName, parameters.pod]);
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = open();
      session.catch(() => this.#sessions.delete(key));
    }
    // The newest stands last: the first one is the one to go.
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > cacheSize && oldest !== undefined) {
      const gone = this.#sessions.get(oldest);
      this.#sessions.delete(oldest);
      void gone?.then((one) => one[Symbol.asyncDispose]()).catch(() => {});
    }
    return { session: await session, [Symbol.asyncDispose]: async () => {} };
  }
}

class EmptyResponse extends Error {
  constructor(secretPath: string, warnings: readonly string[]) {
    super(`empty response from ${JSON.stringify(secretPath)}, warnings: [${warnings.join(" ")}]`);
  }
}
