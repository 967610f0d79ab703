import { Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { awsEstate } from "../world/estate/aws.ts";
import { checkGuideFiles } from "../world/estate/guide-files.ts";
import { INSTALL_MS } from "../world/estate/patience.ts";
import type { MountproofWorld as W } from "../world.ts";

Given("a cluster with AWS set up by {string}", async function (this: W, script: string) {
  await this.use(awsEstate).install();
  await this.use(awsEstate).runSetup(script);
});
Given("the AWS provider is installed", { timeout: INSTALL_MS }, async function (this: W) {
  await this.use(awsEstate).installProvider();
});
Given("AWS's policy is {string}", async function (this: W, path: string) {
  await this.use(awsEstate).usePolicy(path);
});
Given("AWS refuses the role to everybody", async function (this: W) {
  const { admin, settled } = this.use(awsEstate).aws;
  admin.role("my-app-role", { Statement: { Effect: "Deny", Principal: "*", Action: "sts:*" } }, []);
  await settled();
});
When("the password changes at AWS", async function (this: W) {
  const facet = this.use(awsEstate);
  facet.changed = this.canaries.create("new db-password");
  facet.aws.admin.secret("us-east-1", "my-app-db-password", { string: facet.changed });
  await facet.aws.settled();
});

Then(
  "each of them reads {string} and {string} as AWS holds them",
  async function (this: W, first: string, second: string) {
    const { secrets } = this.use(awsEstate);
    await checkGuideFiles(
      this,
      new Map([
        [first, secrets.password],
        [second, secrets.key],
      ]),
    );
  },
);
Then("each of them reads the new password within {int} minutes", async function (this: W, count: number) {
  const facet = this.use(awsEstate);
  await this.elapse(minutes(count));
  await checkGuideFiles(
    this,
    new Map([
      ["/mnt/secrets/db-password", facet.changed],
      ["/mnt/secrets/api-key", facet.secrets.key],
    ]),
  );
});
