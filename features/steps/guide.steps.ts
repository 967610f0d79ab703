import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import {
  Deployments,
  type KubeObject,
  SecretProviderClasses,
  SecretProviderClassPodStatuses,
  Services,
  tokenReviewer,
} from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { checkGuideFiles } from "../world/estate/guide-files.ts";
import { estate } from "../world/estate/index.ts";
import { INSTALL_MS } from "../world/estate/patience.ts";
import { type VaultEstateFacet, vaultEstate } from "../world/estate/vault.ts";
import type { MountproofWorld as W } from "../world.ts";

const NAMESPACE = "production";
const APP = "app-with-secrets";
const MOUNT = "/mnt/secrets";

// Setting up, as the guide has it.

Given("a cluster with Vault set up by {string}", async function (this: W, script: string) {
  await this.use(vaultEstate).installVault();
  await this.use(vaultEstate).runVaultSetup(script);
});
Given("the driver installed with {string}", { timeout: INSTALL_MS }, async function (this: W, values: string) {
  await this.use(estate).installDriver(values);
});
Given("the Vault provider installed with {string}", { timeout: INSTALL_MS }, async function (this: W, values: string) {
  await this.use(vaultEstate).installVaultProvider(values);
});
Given("{string} and {string} are applied", async function (this: W, first: string, second: string) {
  await this.use(estate).applyExample(first);
  await this.use(estate).applyExample(second);
});
When("{string} is applied", async function (this: W, path: string) {
  await this.use(estate).applyExample(path);
});
When("the Deployment {string} in {string} is deleted", async function (this: W, name: string, namespace: string) {
  await (await this.use(estate).cluster()).admin.delete(Deployments, {
    name,
    namespace: this.use(estate).namespaceOf(namespace),
  });
});

// What Vault is told.

const bound = (world: W, change: Record<string, unknown> = {}) =>
  world.use(vaultEstate).vault.admin.write("auth/kubernetes/role/app-role", {
    bound_service_account_names: "app-service-account",
    bound_service_account_namespaces: world.use(estate).namespaceOf(NAMESPACE),
    policies: "app-policy",
    ttl: "24h",
    audience: "",
    ...change,
  });
const allow = (facet: VaultEstateFacet, policy: string) =>
  facet.vault.admin.write("sys/policies/acl/app-policy", { policy });

Given("Vault's role {string} is missing", async function (this: W, role: string) {
  await this.use(vaultEstate).vault.admin.delete(`auth/kubernetes/role/${role}`);
});
Given(
  "Vault's role {string} is bound to the ServiceAccount {string} in {string}",
  async function (this: W, _role: string, account: string, namespace: string) {
    await bound(this, {
      bound_service_account_names: account,
      bound_service_account_namespaces: this.use(estate).namespaceOf(namespace),
    });
  },
);
Given("Vault's role {string} wants the audience {string}", async function (this: W, _role: string, audience: string) {
  await bound(this, { audience });
});
Given("Vault's role {string} is bound as the guide has it", async function (this: W, _role: string) {
  await bound(this);
});
Given("Vault's policy {string} allows nothing", async function (this: W, _name: string) {
  await allow(this.use(vaultEstate), 'path "elsewhere/*" { capabilities = ["read"] }');
});
Given("Vault's policy {string} allows the path {string} alone", async function (this: W, _name: string, path: string) {
  await allow(this.use(vaultEstate), `path "${path}" { capabilities = ["read"] }`);
});
Given("Vault's policy {string} is as the guide has it", async function (this: W, _name: string) {
  await allow(this.use(vaultEstate), 'path "secret/data/myapp/*" { capabilities = ["read"] }');
});
Given("Vault holds no secret at {string}", async function (this: W, path: string) {
  await this.use(vaultEstate).vault.admin.delete(`secret/metadata/${path}`);
});
Given("Vault holds the guide's secrets", async function (this: W) {
  const { vault, secrets } = this.use(vaultEstate);
  await vault.admin.write("secret/data/myapp/database", { data: { password: secrets.password } });
  await vault.admin.write("secret/data/myapp/api", { data: { token: secrets.token } });
});
When("the password changes in Vault", async function (this: W) {
  const password = this.canaries.create("new db-password");
  this.use(vaultEstate).changed = password;
  await this.use(vaultEstate).vault.admin.write("secret/data/myapp/database", { data: { password } });
});
Given("Vault is sealed", async function (this: W) {
  await this.use(vaultEstate).mayFail().seal();
});
Given("Vault is unsealed", async function (this: W) {
  await this.use(vaultEstate).mayFail().unseal();
});
Given("Vault answers every read with {int}", async function (this: W, status: number) {
  await this.use(vaultEstate).vault.faults.add({
    match: { method: "GET" },
    effect: { kind: "status", status, body: '{"errors":["out of order"]}' },
  });
});
Given("Vault does not answer", async function (this: W) {
  await this.use(vaultEstate).vault.faults.add({ effect: { kind: "hang" } });
});
When("Vault answers again", async function (this: W) {
  await this.use(vaultEstate).vault.faults.clear();
});

// What stands between.

Given("Vault's Service has no endpoints", async function (this: W) {
  await this.use(vaultEstate).exposeVault("vault", undefined);
});
Given("Vault's Service has its endpoints", async function (this: W) {
  await this.use(vaultEstate).restoreVault();
});
Given("Vault's Service is deleted", async function (this: W) {
  await (await this.use(estate).cluster()).admin.delete(Services, { name: "vault", namespace: "vault" });
});
Given(
  "the SecretProviderClass {string} in {string} is missing",
  async function (this: W, name: string, namespace: string) {
    await (await this.use(estate).cluster()).admin.delete(SecretProviderClasses, {
      name,
      namespace: this.use(estate).namespaceOf(namespace),
    });
  },
);
Given("the SecretProviderClass names a Vault whose certificate an unknown authority issued", async function (this: W) {
  await this.use(vaultEstate).addTlsVault();
  await namesVault(this, {});
});
When("the SecretProviderClass names that authority's certificate", async function (this: W) {
  const path = join(await this.folder(), "vault-ca.crt");
  await writeFile(path, this.use(vaultEstate).tlsCaPem);
  await namesVault(this, { vaultCACertPath: path });
});
async function namesVault(world: W, parameters: Record<string, string>): Promise<void> {
  await world.use(estate).applyExample("vault/secret-provider-class.yaml", (object) => {
    const spec = object["spec"] as { parameters: Record<string, string> };
    const vaultAddress = "https://vault-tls.vault.svc:8200";
    return { ...object, spec: { ...spec, parameters: { ...spec.parameters, vaultAddress, ...parameters } } };
  });
}
/** The binding that lets Vault's account have tokens reviewed. */
const BINDING = tokenReviewer("vault", "vault").find(({ kind }) => kind === "ClusterRoleBinding") as KubeObject;
Given("Vault's own account may not review tokens", async function (this: W) {
  this.use(vaultEstate).mayFail();
  await (await this.use(estate).cluster()).apply([{ ...BINDING, subjects: [] }]);
});
Given("Vault's own account may review tokens", async function (this: W) {
  await (await this.use(estate).cluster()).apply([BINDING]);
});
const mayCreateTokens = (subjects: unknown[]): KubeObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "vault-csi-provider-clusterrolebinding" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "vault-csi-provider-clusterrole" },
  subjects,
});
Given("the Vault provider's account may not create tokens", async function (this: W) {
  await (await this.use(estate).cluster()).apply([mayCreateTokens([])]);
});
Given("the Vault provider's account may create tokens", async function (this: W) {
  await (await this.use(estate).cluster()).apply([
    mayCreateTokens([{ kind: "ServiceAccount", name: "vault-csi-provider", namespace: "csi" }]),
  ]);
});
When("{int} minutes go by", async function (this: W, count: number) {
  await this.elapse(minutes(count));
});

// What came of it.

// On a cluster in real time kubelet backs off for two minutes between attempts.
Given("{int} pods of {string} run in {string}", { timeout: INSTALL_MS }, run);
async function run(this: W, count: number, app: string, namespace: string): Promise<void> {
  const facet = this.use(estate);
  const phases = async (): Promise<string[]> => (await facet.pods(namespace, app)).map(phaseOf);
  const isThere = async (): Promise<boolean> =>
    (await phases()).filter((phase) => phase === "Running").length === count;
  const holds = await facet.until(isThere, minutes(15));
  const warnings = holds
    ? []
    : (await Promise.all((await facet.pods(namespace, app)).map((pod) => facet.warnings(pod)))).flat();
  check(holds, `${count} pods of ${app} run`, {
    expected: `${count} Running`,
    got: { phases: await phases(), warnings: warnings.slice(-3) },
  });
}
function phaseOf(pod: KubeObject): string {
  return (pod["status"] as { phase?: string } | undefined)?.phase ?? "none";
}

Then(
  "each of them reads {string} and {string} as Vault holds them",
  async function (this: W, first: string, second: string) {
    const { secrets } = this.use(vaultEstate);
    await checkGuideFiles(
      this,
      new Map([
        [first, secrets.password],
        [second, secrets.token],
      ]),
    );
  },
);
Then(
  "each pod of {string} in {string} reads the new password",
  async function (this: W, _app: string, _namespace: string) {
    const { changed, secrets } = this.use(vaultEstate);
    await checkGuideFiles(
      this,
      new Map([
        [`${MOUNT}/db-password`, changed],
        [`${MOUNT}/api-token`, secrets.token],
      ]),
    );
  },
);

Then(
  "Vault was asked by {int} logins and {int} reads of the two secrets alone",
  function (this: W, logins: number, count: number) {
    const asked = this.journal.entries({ seam: "store" }).map(({ operation }) => operation);
    const tally = new Map<string, number>();
    for (const operation of asked) tally.set(operation, (tally.get(operation) ?? 0) + 1);
    checkSame(
      [...tally].sort(),
      [
        ["GET /v1/secret/data/myapp/api", count / 2],
        ["GET /v1/secret/data/myapp/database", count / 2],
        ["POST /v1/auth/kubernetes/login", logins],
      ],
      "requests to Vault",
    );
  },
);

Then(
  "each of them has a status object that lists {string} and {string} with a version",
  async function (this: W, first: string, second: string) {
    const facet = this.use(estate);
    const { admin } = await facet.cluster();
    for (const { metadata } of await facet.pods(NAMESPACE, APP)) {
      const { name = "", namespace = "" } = metadata;
      const status = await admin.find(SecretProviderClassPodStatuses, `${name}-${namespace}-vault-secrets`, namespace);
      const objects = (
        (status?.["status"] as { objects?: { id: string; version: string }[] } | undefined)?.objects ?? []
      ).map(({ id, version }) => [id, version !== ""]);
      checkSame(
        objects,
        [
          [first, true],
          [second, true],
        ],
        `objects in the status of ${metadata.name}`,
      );
    }
  },
);

Then("no pod of {string} is left in {string}", async function (this: W, app: string, namespace: string) {
  const facet = this.use(estate);
  const holds = await facet.until(async () => (await facet.pods(namespace, app)).length === 0, minutes(3));
  check(holds, "no pod is left", {
    expected: "none",
    got: (await facet.pods(namespace, app)).map(({ metadata }) => metadata.name),
  });
});
Then("nothing is mounted on the node", async function (this: W) {
  checkSame(await this.use(estate).mounted(), [], "mounts below kubelet's root");
});

Then(
  /^no pod of "([^"]*)" in "([^"]*)" runs, each told of "([^"]*)" and "(.*)"$/,
  { timeout: INSTALL_MS },
  async function (this: W, app: string, namespace: string, object: string, text: string) {
    const facet = this.use(estate);
    const cause = facet.inOwnWords(text.replaceAll('\\"', '"'));
    const named = facet.inOwnWords(object);
    const told = async (): Promise<boolean> => {
      const pods = await facet.pods(namespace, app);
      const warnings = await Promise.all(pods.map((pod) => facet.warnings(pod)));
      return (
        pods.length === 2 &&
        warnings.every((texts) =>
          texts.some((one) => one.startsWith("FailedMount") && one.includes(named) && one.includes(cause)),
        )
      );
    };
    const isTold = await facet.until(told, minutes(15));
    const pods = await facet.pods(namespace, app);
    const seen = await Promise.all(pods.map((pod) => facet.warnings(pod)));
    check(isTold, "each pod has a Warning event FailedMount that names object and cause", {
      expected: `${named} … ${cause}`,
      got: seen,
    });
    checkSame(pods.map(phaseOf), ["Pending", "Pending"], "phases of the pods");
  },
);
Then("no volume in {string} holds a file", { timeout: INSTALL_MS }, async function (this: W, _namespace: string) {
  // A real kubelet tries again at any moment, and while an attempt is under way its folder is mounted.
  const facet = this.use(estate);
  let left: readonly unknown[] = [];
  const isNone = async (): Promise<boolean> => {
    left = await facet.mounted();
    return left.length === 0;
  };
  await facet.until(isNone, minutes(1));
  checkSame(left, [], "mounts below kubelet's root");
});
