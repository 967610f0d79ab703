import { Given, Then, When } from "@cucumber/cucumber";
import { check, checkSame } from "../check.ts";
import { azureEstate } from "../world/estate/azure.ts";
import { estate } from "../world/estate/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const NAMESPACE = "production";
const APP = "app-with-secrets";
const MOUNT = "/mnt/secrets";

Given("a cluster beside Azure set up by {string}", async function (this: W, script: string) {
  await this.use(azureEstate).installAzure(script);
});
Given("the Azure provider installed", async function (this: W) {
  await this.use(azureEstate).installProvider();
});

When("the password changes in Key Vault", function (this: W) {
  const { vault, secrets } = this.use(azureEstate);
  secrets.password = this.canaries.create("new db-password");
  vault.setSecret("db-password", secrets.password);
});
Given("the identity's federated credential is for {string}", function (this: W, subject: string) {
  const { azure, account } = this.use(azureEstate);
  const identity = azure.state.directory.identity(account.clientId);
  identity.federatedCredentials = identity.federatedCredentials.map((credential) => ({ ...credential, subject }));
});
Given("{string} is disabled in Key Vault", function (this: W, name: string) {
  this.use(azureEstate).vault.secrets.update(name, "", { attributes: { enabled: false } });
});
Given("{string} is enabled in Key Vault", function (this: W, name: string) {
  this.use(azureEstate).vault.secrets.update(name, "", { attributes: { enabled: true } });
});
Given("the guide's vault lets nobody in", function (this: W) {
  this.use(azureEstate).vault.access.policies = [];
});
Given("the guide's vault lets the identity in", function (this: W) {
  const { azure, account, vault } = this.use(azureEstate);
  const { objectId } = azure.state.directory.identity(account.clientId);
  vault.access.policies.push({ objectId, secrets: ["get"] });
});
Given("Entra ID answers every token request with {int}", function (this: W, status: number) {
  const match = { path: "*/oauth2/v2.0/token" };
  this.use(azureEstate).azure.faults.add({ match, effect: { kind: "status", status, body: '{"error":"x"}' } });
});
Given("somebody else answers at the vault's name", async function (this: W) {
  await this.use(azureEstate).replaceVaults();
});
Given("Azure is well again", function (this: W) {
  this.use(azureEstate).azure.faults.clear();
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
      const files = await cluster.readFiles({ namespace: NAMESPACE, name: metadata.name ?? "" }, MOUNT);
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
