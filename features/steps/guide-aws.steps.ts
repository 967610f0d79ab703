import { Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { checkSame } from "../check.ts";
import { awsEstate } from "../world/estate/aws.ts";
import { estate } from "../world/estate/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const NAMESPACE = "production";
const APP = "app-with-secrets";

Given("a cluster with AWS set up by {string}", async function (this: W, script: string) {
  await this.use(awsEstate).install();
  await this.use(awsEstate).runSetup(script);
});
Given("the AWS provider is installed", async function (this: W) {
  await this.use(awsEstate).installProvider();
});
Given("AWS's policy is {string}", async function (this: W, path: string) {
  await this.use(awsEstate).usePolicy(path);
});
Given("AWS refuses the role to everybody", function (this: W) {
  const { admin } = this.use(awsEstate).aws;
  admin.role("my-app-role", { Statement: { Effect: "Deny", Principal: "*", Action: "sts:*" } }, []);
});
When("the password changes at AWS", function (this: W) {
  const facet = this.use(awsEstate);
  facet.changed = this.canaries.create("new db-password");
  facet.aws.admin.secret("us-east-1", "my-app-db-password", { string: facet.changed });
});

Then(
  "each of them reads {string} and {string} as AWS holds them",
  async function (this: W, first: string, second: string) {
    const { secrets } = this.use(awsEstate);
    await reads(
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
  await reads(
    this,
    new Map([
      ["/mnt/secrets/db-password", facet.changed],
      ["/mnt/secrets/api-key", facet.secrets.key],
    ]),
  );
});
async function reads(world: W, wanted: ReadonlyMap<string, string>): Promise<void> {
  const facet = world.use(estate);
  const { digester } = world.run;
  const cluster = await facet.cluster();
  for (const { metadata } of await facet.pods(NAMESPACE, APP)) {
    const files = await cluster.readFiles({ namespace: NAMESPACE, name: metadata.name ?? "" }, "/mnt/secrets");
    const got = files.map(({ path, content }) => [path, digester.digest(content)]);
    const expected = [...wanted].map(([path, value]) => [path, digester.digest(value)]).sort();
    checkSame(got.sort(), expected, `what ${metadata.name} reads`);
  }
}
