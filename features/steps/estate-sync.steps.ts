import { Given, Then, When } from "@cucumber/cucumber";
import { minutes, seconds } from "../../core/index.ts";
import { Deployments, Jobs, StatefulSets } from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { estate } from "../world/estate/index.ts";
import { syncEstate } from "../world/estate/sync.ts";
import type { MountproofWorld as W } from "../world.ts";

// Applications of a whole cluster, whose Secret is made of what they mount.

const KINDS = { Deployment: Deployments, StatefulSet: StatefulSets, Job: Jobs } as const;
type Kind = keyof typeof KINDS | "Pod";

Given("a cluster whose driver makes a Secret of what {string} mounts", async function (this: W, _className: string) {
  await this.use(syncEstate).install();
});
Given("a SecretProviderClass that asks for no Secret yet", async function (this: W) {
  await this.use(syncEstate).defineClass([]);
});
Given("the {word} {string} runs", async function (this: W, kind: Kind, name: string) {
  await this.use(syncEstate).run(kind, name);
  await runs(this, name, 1);
});
Given("the {word} {string} runs and reads the Secret", async function (this: W, kind: Kind, name: string) {
  await this.use(syncEstate).run(kind, name, "app:1", true);
  await runs(this, name, 1);
});
When("the Pod {string} that reads the Secret is created", async function (this: W, name: string) {
  await this.use(syncEstate).run("Pod", name, "app:1", true);
});
When("the SecretProviderClass asks for the Secret", async function (this: W) {
  await this.use(syncEstate).defineClass([
    { secretName: "creds", type: "Opaque", data: [{ objectName: "password", key: "password" }] },
  ]);
});
When("the {word} {string} rolls out a new image", async function (this: W, kind: Kind, name: string) {
  await this.use(syncEstate).run(kind, name, "app:2");
  await this.elapse(this.minutes(2));
  await runs(this, name, 1);
});
When("the Deployment {string} is scaled to {int}", async function (this: W, name: string, replicas: number) {
  await this.use(syncEstate).scale(name, replicas);
  await runs(this, name, replicas);
});
When("the {word} {string} is deleted", async function (this: W, kind: Kind, name: string) {
  if (kind === "Pod") await this.use(syncEstate).restart(name);
  else await this.use(syncEstate).delete(KINDS[kind], name);
});
When("the pod of {string} is replaced", async function (this: W, name: string) {
  await this.use(syncEstate).restart(name);
  await this.elapse(this.minutes(1));
  await runs(this, name, 1);
});
When("the password becomes {string} at the provider", async function (this: W, text: string) {
  this.use(syncEstate).rotate(text);
  await this.elapse(this.minutes(8));
});
Then("the synced Secret belongs to {string}", async function (this: W, owners: string) {
  const facet = this.use(syncEstate);
  await this.use(estate).until(async () => (await facet.owners()).join(", ") === owners, seconds(30));
  checkSame((await facet.owners()).join(", "), owners, "owners of the Secret");
});
Then("the synced Secret belongs to the ReplicaSet whose pods of {string} run", async function (this: W, name: string) {
  const facet = this.use(syncEstate);
  const isOwned = async (): Promise<boolean> => {
    const [pod] = await facet.running(name);
    const owners = (await facet.secret())?.metadata.ownerReferences?.map(({ uid }) => uid) ?? [];
    return owners.includes(pod?.metadata.ownerReferences?.[0]?.uid ?? "");
  };
  await this.use(estate).until(isOwned, seconds(30));
  check(await isOwned(), "the Secret belongs to who mounts it", {
    expected: "the ReplicaSet of the running pod",
    got: await facet.owners(),
  });
});
Then("the synced Secret is still there", async function (this: W) {
  await this.elapse(this.minutes(12));
  check((await this.use(syncEstate).secret()) !== undefined, "the Secret is there", { expected: "creds", got: "none" });
});
Then("the synced Secret is gone", async function (this: W) {
  const facet = this.use(syncEstate);
  const isGone = async (): Promise<boolean> => (await facet.secret()) === undefined;
  await this.use(estate).until(isGone, minutes(3));
  check(await isGone(), "the Secret goes with its owners", { expected: "none", got: "creds" });
});
Then("the container of {string} waits with {string}", async function (this: W, name: string, reason: string) {
  const facet = this.use(syncEstate);
  await this.use(estate).until(async () => (await facet.waitingReason(name)) === reason, minutes(2));
  checkSame(await facet.waitingReason(name), reason, "what the container waits for");
});
Then(
  "{string} runs with the variable {string} set to {string}",
  async function (this: W, name: string, variable: string, value: string) {
    await runs(this, name, 1);
    checkSame(await this.use(syncEstate).environment(name, variable), value, `the variable ${variable}`);
  },
);
Then(
  "{string} has the variable {string} set to {string}",
  async function (this: W, name: string, variable: string, value: string) {
    checkSame(await this.use(syncEstate).environment(name, variable), value, `the variable ${variable}`);
  },
);
Then(
  "{string} reads {string} from the file {string}",
  async function (this: W, name: string, text: string, path: string) {
    checkSame(await this.use(syncEstate).file(name, path), text, `the file ${path}`);
  },
);

async function runs(world: W, name: string, count: number): Promise<void> {
  const facet = world.use(syncEstate);
  const isSo = async (): Promise<boolean> => (await facet.running(name)).length === count;
  await world.use(estate).until(isSo, minutes(5));
  check(await isSo(), `${name} runs`, { expected: count, got: (await facet.running(name)).length });
}
