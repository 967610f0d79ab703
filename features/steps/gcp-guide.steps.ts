import { Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { checkSame } from "../check.ts";
import { gcpEstate } from "../world/estate/gcp.ts";
import { checkGuideFiles } from "../world/estate/guide-files.ts";
import { estate } from "../world/estate/index.ts";
import { INSTALL_MS } from "../world/estate/patience.ts";
import type { MountproofWorld as W } from "../world.ts";

const PASSWORD = "projects/my-project/secrets/my-app-db-password";
const MAIN = "my-app@my-project.iam.gserviceaccount.com";
const MAY_BORROW = "serviceAccount:my-project.svc.id.goog[production/app-service-account]";

Given("a cluster with Google set up by {string}", async function (this: W, script: string) {
  await this.use(gcpEstate).install();
  await this.use(gcpEstate).runSetup(script);
});
Given("the GCP provider is installed", { timeout: INSTALL_MS }, async function (this: W) {
  await this.use(gcpEstate).installProvider();
});
When("the password changes at Google", async function (this: W) {
  const facet = this.use(gcpEstate);
  facet.changed = this.canaries.create("new db-password");
  await facet.told.seed({ secrets: { [PASSWORD]: { versions: [facet.changed] } } });
});
Given("the guide's service account at Google may be borrowed by {string}", async function (this: W, member: string) {
  await lend(this, member);
});
Given("the guide's service account at Google may be borrowed as the guide has it", async function (this: W) {
  await lend(this, this.use(estate).inOwnNamespace(MAY_BORROW));
});
async function lend(world: W, member: string): Promise<void> {
  const policy = [{ role: "roles/iam.workloadIdentityUser", members: [member] }];
  await world.use(gcpEstate).told.seed({ serviceAccounts: { [MAIN]: { policy } } });
}
Given("Google's Secret Manager is out of order for the guide's cluster", function (this: W) {
  this.use(gcpEstate).google.faults.add({
    match: { path: "*AccessSecretVersion" },
    effect: { kind: "status", status: 503, body: '{"error":{"message":"out of order"}}' },
  });
});
Given("Google's Secret Manager works again for the guide's cluster", function (this: W) {
  this.use(gcpEstate).google.faults.clear();
});

Then(
  "each of them reads {string} and {string} as Google holds them",
  async function (this: W, first: string, second: string) {
    const { secrets } = this.use(gcpEstate);
    await checkGuideFiles(this, [
      [first, secrets.password],
      [second, secrets.key],
    ]);
  },
);
Then("each of them reads Google's new password within {int} minutes", async function (this: W, count: number) {
  const facet = this.use(gcpEstate);
  await this.elapse(minutes(count));
  await checkGuideFiles(this, [
    ["/mnt/secrets/db-password", facet.changed],
    ["/mnt/secrets/api-key", facet.secrets.key],
  ]);
});
Then("Google was read by the guide's service account alone", function (this: W) {
  const readers = this.journal
    .entries({ seam: "store", server: "fake/gcp", operation: /AccessSecretVersion$/ })
    .map(({ detail }) => String(detail["caller"]));
  checkSame([...new Set(readers)], [`serviceAccount:${MAIN}`], "who read");
});
