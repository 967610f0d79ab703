import { setImmediate } from "node:timers/promises";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { seconds } from "../../core/index.ts";
import { Controller, Identity, Node } from "../../wire/gen/csi_pb.ts";
import { check, checkSame } from "../check.ts";
import { driver } from "../world/driver/index.ts";
import { advertised } from "../world/driver/outcome.ts";
import { TOKENS, tokens } from "../world/driver/tokens.ts";
import type { MountproofWorld as W } from "../world.ts";

// What kubelet sends and does.

Given("kubelet sends the tokens {string} in the volume context", function (this: W, name: string) {
  this.use(driver).sendContext(TOKENS, tokens(name));
});
Given("kubelet sends the tokens {string} in the secrets", function (this: W, name: string) {
  this.use(driver).sendSecrets({ [TOKENS]: tokens(name) });
});
Given("kubelet sends the secrets:", function (this: W, table: DataTable) {
  this.use(driver).sendSecrets(table.rowsHash());
});
When("kubelet publishes the volume", async function (this: W) {
  await this.use(driver).publish();
});
Given("kubelet has published the volume", async function (this: W) {
  const { code, message } = await this.use(driver).publish();
  check(code === "OK", "the first publish succeeds", { expected: "OK", got: `${code} ${message}` });
});
Given("kubelet has tried to publish the volume", async function (this: W) {
  const { code } = await this.use(driver).publish();
  check(code !== "OK", "the first publish fails", { expected: "a failure", got: code });
});
When("kubelet publishes the second volume", async function (this: W) {
  await this.use(driver).publish({ volume: "more" });
});
When("kubelet publishes the volume read-write", async function (this: W) {
  await this.use(driver).publish({ readonly: false });
});
When("kubelet publishes the volume with a deadline of {int} seconds", async function (this: W, count: number) {
  this.use(driver).began = this.clock.now();
  await this.use(driver).publish({ deadlineMs: seconds(count) });
});
When("kubelet publishes the volume without {string}", async function (this: W, missing: string) {
  await this.use(driver).publish({ without: listed(missing) });
});
When("kubelet unpublishes the volume", async function (this: W) {
  await this.use(driver).unpublish();
});
When("kubelet unpublishes the volume without {string}", async function (this: W, missing: string) {
  await this.use(driver).unpublish(listed(missing));
});
When("kubelet calls {string}", async function (this: W, call: string) {
  await this.use(driver).call(serviceOf(call), methodOf(call), stagingRequest(this, []));
});
When("kubelet calls {string} without {string}", async function (this: W, call: string, missing: string) {
  await this.use(driver).call(serviceOf(call), methodOf(call), stagingRequest(this, listed(missing)));
});
When("{int} minutes pass", async function (this: W, count: number) {
  await this.elapse(this.minutes(count));
});
When(
  'kubelet republishes the volume {int} times while a reader reads it through "..data"',
  async function (this: W, times: number) {
    const facet = this.use(driver);
    for (let round = 0; round < times; round++) {
      await this.elapse(this.minutes(1.5));
      let isDone = false;
      const publishing = facet.publish().finally(() => {
        isDone = true;
      });
      for (; !isDone; await setImmediate()) facet.volumes.observe();
      await publishing;
      facet.volumes.observe();
    }
  },
);
function listed(text: string): string[] {
  return text.split(/, | and /).map((part) => part.trim());
}
function serviceOf(call: string): typeof Node | typeof Identity | typeof Controller {
  if (["GetPluginInfo", "GetPluginCapabilities", "Probe"].includes(call)) return Identity;
  return call.startsWith("Node") ? Node : Controller;
}
function methodOf(call: string): string {
  return call.charAt(0).toLowerCase() + call.slice(1);
}
function stagingRequest(world: W, without: readonly string[]): object {
  const folder = world.use(driver).providerFolder;
  return {
    ...(!without.includes("volume id") && { volumeId: "csi-1" }),
    ...(!without.includes("staging path") && { stagingTargetPath: folder }),
    ...(!without.includes("volume capability") && { volumeCapability: { accessType: { case: "mount", value: {} } } }),
    volumePath: folder,
  };
}

// What the driver answers.

Then("the publish succeeds", succeeded);
Then("the unpublish succeeds", succeeded);
Then("the call succeeds", succeeded);
function succeeded(this: W): void {
  const { code, message } = this.use(driver).last;
  check(code === "OK", "the call succeeds", { expected: "OK", got: `${code} ${message}` });
}
Then("the publish fails with {string}", failedWith);
Then("the unpublish fails with {string}", failedWith);
Then("the call fails with {string}", failedWith);
function failedWith(this: W, code: string): void {
  const { last } = this.use(driver);
  check(last.code === code, "the call fails with that code", { expected: code, got: `${last.code} ${last.message}` });
}
Then(/^the failure says "(.*)"$/, function (this: W, text: string) {
  const wanted = text.replaceAll('\\"', '"');
  const { message } = this.use(driver).last;
  check(message.includes(wanted), "the failure's text", { expected: wanted, got: message });
});
Then("the answer's {string} is {string}", function (this: W, field: string, value: string) {
  const found = this.use(driver).last.reply?.[field];
  checkSame(
    typeof found === "object" ? String((found as { value?: unknown } | null)?.value) : String(found),
    value,
    `${field} of the answer`,
  );
});
Then("the answer's {string} is not empty", function (this: W, field: string) {
  const found = String(this.use(driver).last.reply?.[field] ?? "");
  check(found !== "", `${field} of the answer`, { expected: "a text", got: found });
});
Then("the answer advertises nothing", function (this: W) {
  checkSame(this.use(driver).last.reply?.["capabilities"], [], "capabilities");
});
Then("the answer advertises exactly {string}", function (this: W, name: string) {
  checkSame(advertised(this.use(driver).last.reply), [name], "capabilities");
});
Then("the answer has no topology and no volume limit", function (this: W) {
  const { accessibleTopology, maxVolumesPerNode } = this.use(driver).last.reply ?? {};
  checkSame([accessibleTopology, Number(maxVolumesPerNode)], [undefined, 0], "topology and volume limit");
});
Then("{int} seconds have passed", function (this: W, count: number) {
  const passed = this.clock.now() - this.use(driver).began;
  if (this.clock.kind === "virtual") checkSame(passed, seconds(count), "time until the answer");
  // On the real clock only that it did not come early can be told: a busy machine may be late.
  else
    check(passed >= seconds(count), "time until the answer", { expected: `${count} s or more`, got: `${passed} ms` });
});
