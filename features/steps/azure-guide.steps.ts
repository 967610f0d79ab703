import { Given, Then, When } from "@cucumber/cucumber";
import { check, checkSame } from "../check.ts";
import { azureEstate } from "../world/estate/azure.ts";
import { estate } from "../world/estate/index.ts";
import { INSTALL_MS } from "../world/estate/patience.ts";
import type { MountproofWorld as W } from "../world.ts";

const NAMESPACE = "production";
const APP = "app-with-secrets";
const MOUNT = "/mnt/secrets";

Given("a cluster beside Azure set up by {string}", async function (this: W, script: string) {
  await this.use(azureEstate).installAzure(script);
});
Given("the Azure provider installed", { timeout: INSTALL_MS }, async function (this: W) {
  await this.use(azureEstate).installProvider();
});

When("the password changes in Key Vault", async function (this: W) {
  const { told, account, vaultName, secrets } = this.use(azureEstate);
  secrets.password = this.canaries.create("new db-password");
  const vault = { tenant: account.tenantId, secrets: { "db-password": secrets.password } };
  await told.seed({ vaults: { [vaultName]: vault } });
});
Given("the identity's federated credential is for {string}", async function (this: W, subject: string) {
  const { told, account } = this.use(azureEstate);
  await told.refederate(account.clientId, this.use(estate).inOwnNamespace(subject));
});
Given("{string} is disabled in Key Vault", async function (this: W, name: string) {
  const { told, vaultName } = this.use(azureEstate);
  await told.enableSecret(vaultName, name, false);
});
Given("{string} is enabled in Key Vault", async function (this: W, name: string) {
  const { told, vaultName } = this.use(azureEstate);
  await told.enableSecret(vaultName, name, true);
});
Given("the guide's vault lets nobody in", async function (this: W) {
  const { told, vaultName } = this.use(azureEstate);
  await told.allowNobody(vaultName);
});
Given("the guide's vault lets the identity in", async function (this: W) {
  const { told, account, vaultName } = this.use(azureEstate);
  await told.allow(vaultName, account.clientId, ["get"]);
});
Given("Entra ID answers every token request with {int}", async function (this: W, status: number) {
  const match = { path: "*/oauth2/v2.0/token" };
  await this.use(azureEstate).faults.add({ match, effect: { kind: "status", status, body: '{"error":"x"}' } });
});
Given("somebody else answers at the vault's name", async function (this: W) {
  await this.use(azureEstate).replaceVaults();
});
Given("Azure is well again", async function (this: W) {
  await this.use(azureEstate).faults.clear();
  this.use(azureEstate).restore();
});

Then(
  "each of them reads {string} and {string} as Key Vault holds them",
  async function (this: W, first: string, second: string) {
    const { password, key } = this.use(azureEstate).secrets;
    const cluster = await this.use(estate).cluster();
    const digest = (value: string | Uint8Array): string => this.run.digester.digest(value);
    const wanted = [
      [first, digest(password)],
      [second, digest(key)],
    ].sort();
    for (const { metadata } of await this.use(estate).pods(NAMESPACE, APP)) {
      const files = await cluster.readFiles({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" }, MOUNT);
      checkSame(
        files.map(({ path, content }) => [path, digest(content)]).sort(),
        wanted,
        `what ${metadata.name} reads`,
      );
    }
  },
);
Then("Key Vault was read {int} times, each time as the identity of the class", function (this: W, times: number) {
  const { clientId } = this.use(azureEstate).account;
  const reads = this.journal
    .entries({ seam: "store", server: "fake/azure", operation: /^GET \/secrets\// })
    .filter(({ status }) => status === "200");
  const got = reads.map(({ operation, detail }) => `${operation} as ${detail["client"]}`).sort();
  const wanted = Array.from({ length: times }, (_, at) => (at < times / 2 ? "api-key" : "db-password"));
  check(got.length === times, "so many reads", { expected: times, got });
  checkSame(got, wanted.map((name) => `GET /secrets/${name}/ as ${clientId}`).sort(), "reads at Key Vault");
});
