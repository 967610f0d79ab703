import { Given, Then, When } from "@cucumber/cucumber";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith } from "../world/driver/answers.ts";
import { driver, NAMESPACE } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

/** DNS names end there. */
const LONGEST_NAME = 253;

Given("a provider that returns each volume an object of its own", async function (this: W) {
  await this.use(driver).provides(({ targetPath }) => {
    const volume = targetPath.split("/").at(-2) ?? "";
    return answerWith([{ path: volume, text: "x", id: volume, version: "1" }]);
  });
});
Given("both volumes are of the SecretProviderClass {string}", function (this: W, name: string) {
  this.use(driver).sendContext("secretProviderClass", name);
});
Given("the volume is of a SecretProviderClass whose name is as long as may be", async function (this: W) {
  const name = "c".repeat(LONGEST_NAME);
  await this.use(driver).objects.defineClass(name);
  this.use(driver).sendContext("secretProviderClass", name);
});
Given("kubelet has published a volume named {string}", async function (this: W, volume: string) {
  const { code, message } = await this.use(driver).publish({ volume });
  check(code === "OK", "the publish succeeds", { expected: "OK", got: `${code} ${message}` });
});
When("kubelet unpublishes the volume named {string}", async function (this: W, volume: string) {
  await this.use(driver).unpublish([], volume);
});
When("kubelet publishes the volume twice at once", async function (this: W) {
  await this.use(driver).publishTwice();
});
Then("nothing is left of the volume named {string}", function (this: W, volume: string) {
  check(!this.use(driver).volumes.exists(volume), "the volume is gone", { expected: "no folder", got: "a folder" });
});
Then("the pod has one status object", async function (this: W) {
  const { items } = await (await this.use(api).admin()).list(SecretProviderClassPodStatuses, { namespace: NAMESPACE });
  checkSame(items.length, 1, "status objects of the pod");
});
