import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Given } from "@cucumber/cucumber";
import { Pods, ServiceAccounts } from "../../kube/index.ts";
import { createSigningKey, signJwt } from "../../net/index.ts";
import { api } from "../world/api.ts";
import { type AwsFacet, awsStore, NAMESPACE, POD, POD_AUDIENCE } from "../world/aws/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): AwsFacet => world.use(awsStore);

// The pod, its class and the provider.

Given("a pod whose ServiceAccount has a role at AWS", async function (this: W) {
  await facet(this).prepare();
});
Given("the class asks AWS for", function (this: W, objects: string) {
  facet(this).parameters["objects"] = objects;
});
Given("the class asks AWS with {string} as {string}", function (this: W, name: string, value: string) {
  facet(this).parameters[name] = value;
});
Given("the class of AWS names no {string}", function (this: W, name: string) {
  delete facet(this).parameters[name];
});
Given("the AWS provider writes the files itself", function (this: W) {
  facet(this).options.driverWritesSecrets = false;
});
Given("the AWS provider leaves the files to the driver", function (this: W) {
  facet(this).options.driverWritesSecrets = true;
});
Given("the AWS provider runs with {string} as {string}", function (this: W, name: string, value: string) {
  facet(this).environment[name] = value;
});
Given("the driver of the AWS volume sends the permission {string}", function (this: W, permission: string) {
  facet(this).request.permission = permission;
});
Given("the driver of the AWS volume sends no target path", function (this: W) {
  facet(this).request.targetPath = "";
});
Given("the driver of the AWS volume sends the attributes {string}", function (this: W, attributes: string) {
  facet(this).request.attributes = attributes.replaceAll("'", '"');
});
Given("the driver of the AWS volume sends no tokens", function (this: W) {
  facet(this).tokensText = null;
});
Given("the driver of the AWS volume sends the tokens {string}", function (this: W, text: string) {
  facet(this).tokensText = text;
});
Given(
  "the driver of the AWS volume holds {string} in version {string}",
  function (this: W, id: string, version: string) {
    facet(this).held = [...facet(this).held, { id, version }];
  },
);
Given("the AWS volume's file {string} reads {string}", async function (this: W, name: string, text: string) {
  await writeFile(join(facet(this).target, name), text);
});
Given("the AWS volume's file {string} is gone", async function (this: W, name: string) {
  await facet(this).forget(name);
});

// Who the pod is.

Given("the pod has no token for {string}", function (this: W, audience: string) {
  facet(this).tokens.set(audience, undefined);
});
Given("the pod's token for {string} is empty", function (this: W, audience: string) {
  facet(this).tokens.set(audience, "");
});
Given("the pod's token for AWS is meant for {string}", async function (this: W, audience: string) {
  facet(this).tokens.set("sts.amazonaws.com", await facet(this).tokenSaying({ aud: [audience] }));
});
Given("the pod's token for AWS expired an hour ago", async function (this: W) {
  const now = Math.floor(this.clock.now() / 1000);
  facet(this).tokens.set("sts.amazonaws.com", await facet(this).tokenSaying({ exp: now - 3600, nbf: now - 7200 }));
});
Given("the pod's token for AWS is valid in an hour", async function (this: W) {
  const now = Math.floor(this.clock.now() / 1000);
  facet(this).tokens.set("sts.amazonaws.com", await facet(this).tokenSaying({ nbf: now + 3600, exp: now + 7200 }));
});
Given("the pod's token for AWS comes from the issuer {string}", async function (this: W, iss: string) {
  facet(this).tokens.set("sts.amazonaws.com", await facet(this).tokenSaying({ iss }));
});
Given("the pod's token for AWS is {string}'s", async function (this: W, account: string) {
  facet(this).tokens.set(
    "sts.amazonaws.com",
    await facet(this).tokenSaying({ sub: `system:serviceaccount:${account}` }),
  );
});
Given("the pod's token for AWS is forged", async function (this: W) {
  const forger = await this.run.once("forger's key", () => createSigningKey());
  const { issuer, authority } = await this.use(api).running();
  const kid = (await authority.keys.published())[0]?.kid ?? "";
  const now = Math.floor(this.clock.now() / 1000);
  const claims = {
    iss: issuer.url,
    sub: `system:serviceaccount:${NAMESPACE}:app`,
    aud: ["sts.amazonaws.com"],
    exp: now + 3600,
  };
  facet(this).tokens.set("sts.amazonaws.com", signJwt(claims, { kid, privateKey: forger.privateKey }));
});
Given("the pod's token for AWS is signed with today's key", async function (this: W) {
  facet(this).tokens.set("sts.amazonaws.com", await facet(this).tokenSaying({}));
});
Given("the pod's token for AWS is its own", function (this: W) {
  facet(this).tokens.clear();
});
Given("the pod's ServiceAccount names no role", async function (this: W) {
  await facet(this).account("app", undefined);
});
Given("the pod's ServiceAccount names the role {string}", async function (this: W, role: string) {
  await facet(this).account("app", role);
});
Given("the pod's ServiceAccount is missing", async function (this: W) {
  const admin = await this.use(api).admin();
  await admin.delete(ServiceAccounts, { namespace: NAMESPACE, name: "app" });
  for (const audience of ["sts.amazonaws.com", POD_AUDIENCE])
    facet(this).tokens.set(audience, await facet(this).tokenSaying({}, audience));
});
Given("the pod's node is in {string}", async function (this: W, region: string) {
  await facet(this).region(region);
});
Given("the AWS pod is missing", async function (this: W) {
  await (await this.use(api).admin()).delete(Pods, { namespace: NAMESPACE, name: POD }, { gracePeriodSeconds: 0 });
  for (const audience of ["sts.amazonaws.com", POD_AUDIENCE])
    facet(this).tokens.set(audience, await facet(this).tokenSaying({}, audience));
});
