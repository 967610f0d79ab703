import { Given } from "@cucumber/cucumber";
import { Secrets } from "../../kube/index.ts";
import { HMAC_SECRET_NAME, VAULT_PROVIDER_NAMESPACE } from "../../providers/vault/index.ts";
import { api } from "../world/api.ts";
import { type VaultProviderFacet, vaultProvider } from "../world/vault/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): VaultProviderFacet => world.use(vaultProvider);

// The pod, its class and the provider.

Given("a pod whose ServiceAccount has a role in Vault", async function (this: W) {
  await facet(this).prepare();
});
Given("the class asks Vault for", function (this: W, objects: string) {
  facet(this).parameters["objects"] = objects;
});
Given("the class asks Vault with {string} as {string}", function (this: W, name: string, value: string) {
  facet(this).parameters[name] = addressOf(this, value);
});
Given("the class of Vault names no {string}", function (this: W, name: string) {
  delete facet(this).parameters[name];
});
Given(
  "the Vault provider runs with the variable {string} as {string}",
  function (this: W, name: string, value: string) {
    facet(this).environment[name] = addressOf(this, value);
  },
);
Given("the Vault provider runs with the flag {string} as {string}", function (this: W, flag: string, value: string) {
  const { options } = facet(this);
  if (flag === "-vault-mount") options.vaultMount = value;
  else if (flag === "-cache-size") options.cacheSize = Number(value);
  else if (flag === "-vault-addr") options.vaultAddress = addressOf(this, value);
  else throw new Error(`no scenario gives the flag ${flag}`);
});
Given("the driver of the Vault volume sends the permission {string}", function (this: W, permission: string) {
  facet(this).request.permission = permission;
});
Given("the driver of the Vault volume sends no target path", function (this: W) {
  facet(this).request.targetPath = "";
});
Given("the driver of the Vault volume sends the attributes {string}", function (this: W, attributes: string) {
  facet(this).request.attributes = attributes.replaceAll("'", '"');
});
Given("the driver of the Vault volume sends the tokens {string}", function (this: W, tokens: string) {
  facet(this).request.tokens = tokens;
});
Given("the mount brings tokens for {string}", function (this: W, audiences: string) {
  facet(this).audiences = audiences.split(" and ");
});
Given("the mount brings no token for Vault", function (this: W) {
  facet(this).audiences = [];
});
Given("the volume of Vault belongs to another pod", async function (this: W) {
  facet(this).pod = await facet(this).newPod("other");
});

/** `vault` is the one of the scenario, `none` an address at which nobody is. */
function addressOf(world: W, text: string): string {
  if (text === "vault") return facet(world).tap.url;
  return text === "none" ? "http://127.0.0.1:1" : text;
}

// What the cluster has.

Given("the Vault provider may not make tokens for pods", async function (this: W) {
  await facet(this).forbid("serviceaccounts/token");
});
Given("the Vault provider may not read its HMAC Secret", async function (this: W) {
  await facet(this).forbid("secrets");
});
Given("the HMAC Secret of the Vault provider holds no key", async function (this: W) {
  await this.use(api).put(Secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: HMAC_SECRET_NAME, namespace: VAULT_PROVIDER_NAMESPACE },
    data: { other: "eA==" },
  });
});
Given("another Vault provider makes the HMAC Secret first", async function (this: W) {
  await facet(this).raceForSecret();
});
Given("the API server of the Vault provider is down", function (this: W) {
  facet(this).options.kubeConfig = { server: "https://127.0.0.1:1", caPem: "", credentials: { kind: "none" } };
});
