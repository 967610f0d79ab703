import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealClock, Scope, silentLog } from "../../../core/index.ts";
import { FakeVault, type FakeVaultSpec, type RunningFakeVault, seedVault } from "../../../fakes/vault/index.ts";
import { createSigningKey, type SigningKey, signJwt } from "../../../net/index.ts";
import type { Mounted } from "../../kit/index.ts";
import { VaultProvider, type VaultProviderSpec } from "../index.ts";

export const clock = new RealClock();
export const CANARY = "canary-4f1d";
const LOGIN = "/v1/auth/kubernetes/login";

/** A pod, its token, a folder for files, and fake Vaults that let this pod in. */
export class PodRig implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #key: SigningKey;
  readonly folder: string;

  private constructor(scope: Scope, key: SigningKey, folder: string) {
    this.#scope = scope;
    this.#key = key;
    this.folder = folder;
  }

  static async start(): Promise<PodRig> {
    const scope = new Scope("pod rig");
    const folder = await mkdtemp(join(tmpdir(), "mp-vault-"));
    scope.defer("folder", () => rm(folder, { recursive: true, force: true }));
    return new PodRig(scope, await createSigningKey(), folder);
  }

  async file(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, text);
    return path;
  }

  /** Logs in by the token's signature alone: no API server is needed to ask. */
  async vault(listener: Pick<FakeVaultSpec, "listen" | "tls"> = {}): Promise<RunningFakeVault> {
    const vault = this.#scope.use(await new FakeVault({ clock, ...listener }).start());
    const pem = this.#key.publicKey.export({ type: "spki", format: "pem" }).toString();
    const role = { role_type: "jwt", bound_audiences: ["vault"], user_claim: "sub", token_policies: ["app"] };
    await seedVault(vault.admin, {
      auth: { kubernetes: { type: "jwt", config: { jwt_validation_pubkeys: [pem] }, roles: { app: role } } },
      policies: { app: 'path "secret/data/app" { capabilities = ["read"] }' },
      write: { "secret/data/app": { data: { k: CANARY } }, "secret/data/other": { data: { k: CANARY } } },
    });
    return vault;
  }

  provider(spec: Partial<VaultProviderSpec> = {}): VaultProvider {
    const environment = { VAULT_MAX_RETRIES: "0", ...spec.environment };
    return this.#scope.use(new VaultProvider({ clock, log: silentLog, behaviour: "upstream", ...spec, environment }));
  }

  async mount(
    provider: VaultProvider,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Mounted> {
    const exp = Math.floor(clock.wall() / 1000) + 600;
    const token = signJwt({ iss: "rig", sub: "app", aud: "vault", exp }, this.#key);
    const attributes = JSON.stringify({
      "csi.storage.k8s.io/pod.name": "p",
      "csi.storage.k8s.io/pod.uid": "uid-1",
      "csi.storage.k8s.io/serviceAccount.tokens": JSON.stringify({ vault: { token } }),
      roleName: "app",
      objects: "- {objectName: f, secretPath: secret/data/app, secretKey: k}",
      ...parameters,
    });
    return await provider.mount(
      { attributes, secrets: "{}", permission: "420", targetPath: "/t", currentVersions: new Map() },
      { signal, log: silentLog },
    );
  }

  /** What the pod would see: the file's text, or the error's. */
  async outcome(provider: VaultProvider, parameters: Readonly<Record<string, string>>): Promise<string> {
    try {
      const { files } = await this.mount(provider, parameters);
      return files.map(({ contents }) => Buffer.from(contents).toString("utf8")).join();
    } catch (error) {
      return (error as Error).message;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/** How often a Vault was asked to log in and to read, since the mark. */
export function countCalls(
  { journal }: RunningFakeVault,
  since = 0,
): { readonly logins: number; readonly reads: number } {
  const operations = journal.entries({ since }).map(({ operation }) => operation);
  return {
    logins: operations.filter((one) => one.includes(LOGIN)).length,
    reads: operations.filter((one) => one.includes("/v1/secret/data/")).length,
  };
}
