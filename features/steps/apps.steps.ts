import { Given, Then, When } from "@cucumber/cucumber";
import { check, checkSame } from "../check.ts";
import { apps } from "../world/apps/index.ts";
import type { MountproofWorld as W } from "../world.ts";

Given(
  "a cluster in which rotation and sync are on and the store holds {string}",
  async function (this: W, value: string) {
    await this.use(apps).start();
    this.use(apps).holds(value);
  },
);
Given("the app {string} of examples\\/apps runs", async function (this: W, name: string) {
  await this.use(apps).run(name);
});
Given("the app {string} watches its secret", async function (this: W, name: string) {
  await this.use(apps).run(name);
  const isWatching = await this.use(apps).says(name, "watching");
  check(isWatching, "the app watches its secret", { expected: "watching", got: await this.use(apps).output(name) });
});
When("the store's value changes to {string} and is rotated", async function (this: W, value: string) {
  this.use(apps).holds(value);
  await this.use(apps).rotate();
});
When("the app {string} is restarted", async function (this: W, name: string) {
  await this.use(apps).restart(name);
});
Then("the app {string} reloads its secret", async function (this: W, name: string) {
  const hasReloaded = await this.use(apps).says(name, "reloaded");
  check(hasReloaded, "the app reloads its secret", { expected: "reloaded", got: await this.use(apps).output(name) });
});
Then(
  "the app {string} has noticed nothing by the time that {string} reloads its secret",
  async function (this: W, name: string, other: string) {
    const hasReloaded = await this.use(apps).says(other, "reloaded");
    check(hasReloaded, "the other app reloads", { expected: "reloaded", got: await this.use(apps).output(other) });
    checkSame(await this.use(apps).output(name), ["watching"], "what the app said");
  },
);
Then("the app {string} reads {string} at {string}", async function (this: W, name: string, text: string, path: string) {
  checkSame(await this.use(apps).read(name, path), text, `what "${name}" reads at ${path}`);
});
Then("the app {string} has {string} in its environment as {string}", async function (this: W, name, text, variable) {
  checkSame((await this.use(apps).environment(name)).get(variable), text, `the variable ${variable} of "${name}"`);
});
