import { Given, Then, When } from "@cucumber/cucumber";
import { conversation } from "../world/provider/conversation.ts";
import type { MountproofWorld } from "../world.ts";

type W = MountproofWorld;

Given("the driver has mounted the volume", async function (this: W) {
  await this.use(conversation).mountComplete();
});

When("the provider runs", async function (this: W) {
  await this.use(conversation).run();
});

When("the driver asks for the version", async function (this: W) {
  await this.use(conversation).askVersion();
});

When("the driver mounts the volume", async function (this: W) {
  await this.use(conversation).mount();
});

When("the driver mounts the volume again", async function (this: W) {
  await this.use(conversation).mount();
});

When("the driver mounts the volume again with the secrets {string}", async function (this: W, secrets: string) {
  await this.use(conversation).mount({ secrets });
});

When("the driver mounts the volume again with attributes nobody knows", async function (this: W) {
  await this.use(conversation).mountUnknown();
});

When(/^the driver mounts the volume again and names (.+) as current$/, async function (this: W, versions: string) {
  await this.use(conversation).mountNaming(versions);
});

When(/^the driver mounts with attributes that are (.+)$/, async function (this: W, attributes: string) {
  await this.use(conversation).mountMalformed(attributes);
});

When("the driver mounts an object that is not in the store", async function (this: W) {
  await this.use(conversation).mountMissing();
});

When("the driver mounts {int} volumes at once", async function (this: W, count: number) {
  await this.use(conversation).mountAtOnce(count);
});

When("the value in the store changes", async function (this: W) {
  await this.use(conversation).rotate();
});

When("the provider is killed and started again", async function (this: W) {
  await this.use(conversation).killAndRestart();
});

Then("it listens on a Unix socket in the provider folder", async function (this: W) {
  await this.use(conversation).verifySocket();
});

Then("the socket is called by a provider name and {string}", async function (this: W, _ending: string) {
  await this.use(conversation).verifySocketName();
});

Then("the provider names itself and its version", function (this: W) {
  this.use(conversation).verifyVersion();
});

Then("the call is served", function (this: W) {
  this.use(conversation).verifyServed();
});

Then("the socket is where it was", async function (this: W) {
  await this.use(conversation).verifySameSocket();
});

Then("each mount is what it is alone", function (this: W) {
  this.use(conversation).verifyEachAsAlone();
});

Then("the mount is complete", function (this: W) {
  this.use(conversation).verifyComplete();
});

Then("both mounts are the same", function (this: W) {
  this.use(conversation).verifySame();
});

Then("every path keeps the driver's rules", function (this: W) {
  this.use(conversation).verifyPaths();
});

Then("every mode is within 0 and 511", function (this: W) {
  this.use(conversation).verifyModes();
});

Then('no mode is "420" read as octal', function (this: W) {
  this.use(conversation).verifyDecimalPermission();
});

Then("no object id appears twice", function (this: W) {
  this.use(conversation).verifyUniqueIds();
});

Then("a file has other content", function (this: W) {
  this.use(conversation).verifyContentChanged();
});

Then("the version of its object is another", function (this: W) {
  this.use(conversation).verifyVersionChanged();
});

Then("every secret value is the content of a file", async function (this: W) {
  await this.use(conversation).verifyValues();
});

Then("the mount fails without files", async function (this: W) {
  await this.use(conversation).verifyRefused();
});

Then("its message shows no secret", async function (this: W) {
  await this.use(conversation).verifyShowsNoSecret();
});
