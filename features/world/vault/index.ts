import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FakeVault, openServedVault, type VaultHandle } from "../../../fakes/vault/index.ts";
import { type KubeConfig, Pods, Secrets, tokenReviewer } from "../../../kube/index.ts";
import {
  HMAC_SECRET_NAME,
  VAULT_PROVIDER_NAMESPACE,
  VAULT_PROVIDER_SERVICE_ACCOUNT,
  VaultProvider,
  type VaultProviderSpec,
  vaultProviderManifests,
} from "../../../providers/vault/index.ts";
import type { Facet, MountproofWorld } from "../../world.ts";
import { api, runAuthority } from "../api.ts";
import { emulatorOf } from "../emulator.ts";
import {
  NOTHING_MOUNTED,
  type ProgramNeeds,
  type ProviderParts,
  ProviderUnderTest,
  type StoreOutcome,
} from "../store-provider/index.ts";
import { VaultTap } from "./tap.ts";

export const NAMESPACE = "shop";
export const ACCOUNT = "app";
export const ROLE = "app";
export const LOGIN = "POST /v1/auth/kubernetes/login";

export type Pod = { readonly name: string; readonly uid: string };

/**
 * The Vault provider between its neighbours: an API server, a Vault that asks it who logs in, and the driver's way of
 * calling. No kubelet and no driver: what a pod sees of a failure is the business of the estate's cases.
 */
export class VaultProviderFacet {
  readonly #world: MountproofWorld;
  #vault: VaultHandle | undefined;
  #tap: VaultTap | undefined;
  readonly provider: ProviderUnderTest;
  /** What the provider is started with, besides what every one needs. */
  readonly options: { -readonly [K in keyof VaultProviderSpec]?: VaultProviderSpec[K] } = {};
  readonly environment: Record<string, string> = { VAULT_MAX_RETRIES: "0" };
  /** The class's parameters. */
  readonly parameters: Record<string, string> = { roleName: ROLE };
  /** Replaces what the driver would send. */
  readonly request: { attributes?: string; permission?: string; targetPath?: string; tokens?: string } = {};
  /** Audiences that the mount brings a token for. */
  audiences: readonly string[] = ["vault"];
  pod: Pod = { name: "web", uid: "" };
  outcomes: StoreOutcome[] = [];
  #mark = 0;
  #journalMark = 0;
  /** How gRPC's health check ended. */
  healthCheck = "";
  /** How long the last mount took, on the scenario's clock. */
  tookMs = 0;

  constructor(world: MountproofWorld) {
    this.#world = world;
    this.provider = new ProviderUnderTest(world, {
      store: "vault",
      ours: (parts) => this.#ours(parts),
      program: () => this.#program(),
    });
  }

  get vault(): VaultHandle {
    if (this.#vault === undefined) throw new Error("no Vault was prepared in this scenario");
    return this.#vault;
  }

  get tap(): VaultTap {
    if (this.#tap === undefined) throw new Error("no Vault was prepared in this scenario");
    return this.#tap;
  }

  get last(): StoreOutcome {
    return this.outcomes.at(-1) ?? NOTHING_MOUNTED;
  }

  /** A Vault that reviews tokens at the API server, a role that may read everything, the pod, the provider's account. */
  async prepare(): Promise<void> {
    const { clock, logger, scope, journal, pass } = this.#world;
    const kube = this.#world.use(api);
    await kube.namespace(NAMESPACE);
    await kube.serviceAccount(NAMESPACE, ACCOUNT);
    for (const manifest of vaultProviderManifests()) await kube.apply(manifest);
    this.pod = await this.newPod("web");
    for (const manifest of tokenReviewer("vault", "vault")) await kube.apply(manifest);
    const { adminConfig } = await kube.running();
    const inCluster = { token: await kube.tokenOf("vault", "vault"), caPem: adminConfig.caPem };
    const emulator = await emulatorOf(this.#world);
    const vault =
      emulator?.vault === undefined
        ? scope.use(await new FakeVault({ clock, log: logger, journal, random: pass.random, inCluster }).start())
        : await openServedVault(
            { clock, journal, vault: emulator.vault, inCluster: { ...inCluster, apiServer: adminConfig.server } },
            scope,
          );
    this.#vault = vault;
    this.#tap = scope.use(await VaultTap.start(clock, vault.url));
    await vault.admin.write("sys/policies/acl/app", {
      policy: 'path "*" { capabilities = ["read", "update", "create"] }',
    });
    await vault.admin.write("sys/mounts/kv1", { type: "kv", options: { version: "1" } });
    await this.enableAuth("kubernetes");
  }

  /** The kubernetes auth method at a path, with the role that lets the pod's account in. */
  async enableAuth(path: string): Promise<void> {
    const { admin } = this.vault;
    const { server } = (await this.#world.use(api).running()).adminConfig;
    await admin.write(`sys/auth/${path}`, { type: "kubernetes" });
    await admin.write(`auth/${path}/config`, { kubernetes_host: server });
    await this.bindRole(path, ACCOUNT);
  }

  async bindRole(path: string, account: string): Promise<void> {
    await this.vault.admin.write(`auth/${path}/role/${ROLE}`, {
      bound_service_account_names: account,
      bound_service_account_namespaces: NAMESPACE,
      token_policies: "app",
      token_ttl: "10m",
    });
  }

  async newPod(name: string): Promise<Pod> {
    const made = await this.#world.use(api).put(Pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: NAMESPACE },
      spec: { serviceAccountName: ACCOUNT, containers: [{ name: "c", image: "busybox" }] },
    });
    return { name, uid: made.metadata.uid ?? "" };
  }

  /** Mounts the volume of each pod, all at once. */
  async mount(pods: readonly Pod[] = [this.pod]): Promise<void> {
    await this.provider.client();
    const attributes = await Promise.all(pods.map((pod) => this.#attributes(pod)));
    this.#mark = this.tap.requests.length;
    this.#journalMark = this.#world.journal.mark();
    const calls = attributes.map((text) =>
      this.provider.mount({
        attributes: this.request.attributes ?? text,
        secrets: "null",
        permission: this.request.permission ?? "420",
        targetPath: this.request.targetPath ?? "/t",
        currentObjectVersion: [],
      }),
    );
    const began = this.#world.clock.now();
    this.outcomes.push(...(await Promise.all(calls)));
    this.tookMs = this.#world.clock.now() - began;
  }

  /** What Vault was asked by the last mount, in order: `GET /v1/secret/data/a?version=2`. */
  asked(): string[] {
    return this.requests().map(({ method, target }) => `${method} ${decodeURIComponent(target)}`);
  }

  requests() {
    return this.tap.requests.slice(this.#mark);
  }

  /** What the API server was asked by the provider in the last mount, with the status. */
  askedOfCluster(): string[] {
    const caller = `system:serviceaccount:${VAULT_PROVIDER_NAMESPACE}:${VAULT_PROVIDER_SERVICE_ACCOUNT}`;
    return this.#world.journal
      .entries({ seam: "kube-api", since: this.#journalMark })
      .filter(({ detail }) => detail["caller"] === caller)
      .map(({ operation, status }) => `${operation} ${status}`);
  }

  /** Writes a file that a parameter can name. */
  async file(name: string, text: string): Promise<string> {
    const path = join(await this.#world.folder(), name);
    await writeFile(path, text);
    return path;
  }

  /** The same Vault on a socket, as an Agent has one; the tap does not stand before it. */
  async listenOnSocket(): Promise<void> {
    const path = join(await this.#world.folder(), "agent.sock");
    this.#world.scope.use(await this.vault.listenToo({ listen: { path } }));
    this.parameters["vaultAddress"] = `unix://${path}`;
  }

  /** Takes a right of the provider's account away. */
  async forbid(resourceName: string): Promise<void> {
    for (const manifest of vaultProviderManifests()) {
      const rules = manifest["rules"] as { resources: string[] }[] | undefined;
      if (rules?.some(({ resources }) => resources.includes(resourceName)) !== true) continue;
      await this.#world.use(api).apply({ ...manifest, rules: [] });
    }
  }

  /** The HMAC Secret is not there when the provider looks, and made by another before it makes one. */
  async raceForSecret(): Promise<void> {
    await this.#world.use(api).put(Secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: HMAC_SECRET_NAME, namespace: VAULT_PROVIDER_NAMESPACE },
      data: { key: Buffer.alloc(32, "a").toString("base64") },
    });
    const status = (code: number, reason: string) =>
      ({
        kind: "status",
        status: code,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          kind: "Status",
          apiVersion: "v1",
          status: "Failure",
          reason,
          message: reason,
          code,
          details: { name: HMAC_SECRET_NAME },
        }),
      }) as const;
    const { faults } = this.#world.use(api);
    const path = `/api/v1/namespaces/${VAULT_PROVIDER_NAMESPACE}/secrets`;
    faults.add({
      match: { method: "GET", path: `${path}/${HMAC_SECRET_NAME}` },
      times: 1,
      effect: status(404, "NotFound"),
    });
    faults.add({ match: { method: "POST", path }, times: 1, effect: status(409, "AlreadyExists") });
  }

  /** As kubelet mints it: bound to the pod. */
  async tokenFor(audience: string, { name, uid }: Pod): Promise<string> {
    const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
    return await this.#world.use(api).tokenOf(NAMESPACE, ACCOUNT, { audiences: [audience], boundObjectRef });
  }

  async #attributes(pod: Pod): Promise<string> {
    const { name, uid } = pod;
    const tokens: Record<string, { token: string }> = {};
    for (const audience of this.audiences) tokens[audience] = { token: await this.tokenFor(audience, pod) };
    return JSON.stringify({
      vaultAddress: this.tap.url,
      ...this.parameters,
      "csi.storage.k8s.io/pod.name": name,
      "csi.storage.k8s.io/pod.namespace": NAMESPACE,
      "csi.storage.k8s.io/pod.uid": uid,
      "csi.storage.k8s.io/serviceAccount.name": ACCOUNT,
      ...(this.audiences.length > 0 && {
        "csi.storage.k8s.io/serviceAccount.tokens": this.request.tokens ?? JSON.stringify(tokens),
      }),
    });
  }

  async #ours(parts: ProviderParts): Promise<VaultProvider> {
    const kubeConfig = await this.#ownConfig();
    return new VaultProvider({ ...parts, kubeConfig, environment: this.environment, ...this.options });
  }

  async #program(): Promise<ProgramNeeds> {
    return {
      account: { namespace: VAULT_PROVIDER_NAMESPACE, config: await this.#ownConfig() },
      env: this.environment,
      trustedCaPem: (await runAuthority(this.#world)).certPem,
      flags: flagsOf(this.options) ?? this.#world.skip("the case sets what the program has no flag for"),
    };
  }

  #ownConfig(): Promise<KubeConfig> {
    return this.#world.use(api).configOf(VAULT_PROVIDER_NAMESPACE, VAULT_PROVIDER_SERVICE_ACCOUNT);
  }
}

const FLAGS: Readonly<Record<string, string>> = {
  vaultAddress: "vault-addr",
  vaultMount: "vault-mount",
  vaultNamespace: "vault-namespace",
  hmacSecretName: "hmac-secret-name",
  cacheSize: "cache-size",
};

/** What a case set, in the flags of the program that its vendor ships; undefined where it has none for it. */
function flagsOf(options: Readonly<Record<string, unknown>>): string[] | undefined {
  const names = Object.keys(options).map((key) => FLAGS[key]);
  if (names.includes(undefined)) return undefined;
  return Object.values(options).map((value, index) => `-${names[index]}=${value}`);
}

export const vaultProvider: Facet<VaultProviderFacet> = (world) => new VaultProviderFacet(world);
