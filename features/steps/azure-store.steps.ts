import { createPublicKey } from "node:crypto";
import { Given, Then, When } from "@cucumber/cucumber";
import { createCertificateAuthority, createSigningKey, readPfx, signJwt } from "../../net/index.ts";
import { check, checkSame } from "../check.ts";
import { api, runSigningKey } from "../world/api.ts";
import {
  ACCOUNT,
  azure,
  BINDING_AUDIENCE,
  EXCHANGE_AUDIENCE,
  NAMESPACE,
  POD,
  SNI_NAME,
  TENANT,
  WORKLOAD,
} from "../world/azure/index.ts";
import { bundle, type PartName, partsOf } from "../world/azure/material.ts";
import type { MountproofWorld as W } from "../world.ts";

// What Key Vault holds.

Given("Key Vault holds the secret {string}", function (this: W, name: string) {
  const facet = this.use(azure);
  facet.vault.setSecret(name, { value: facet.value(name), version: "v1" });
});
Given("Key Vault holds the secret {string} with the value {string}", function (this: W, name: string, value: string) {
  this.use(azure).vault.setSecret(name, value);
});
Given("Key Vault holds {int} versions of the secret {string}", function (this: W, count: number, name: string) {
  const facet = this.use(azure);
  const now = Math.floor(this.clock.now() / 1000);
  for (let version = 1; version <= count; version++) {
    const value = facet.value(`${name} v${version}`);
    facet.vault.setSecret(name, { value, version: `v${version}`, created: now - 100 + version });
  }
});
Given("Key Vault's secret {string} is disabled", function (this: W, name: string) {
  this.use(azure).vault.secrets.update(name, "", { attributes: { enabled: false } });
});
Given("Key Vault's secret {string} is enabled", function (this: W, name: string) {
  this.use(azure).vault.secrets.update(name, "", { attributes: { enabled: true } });
});
Given("Key Vault's secret {string} is deleted", function (this: W, name: string) {
  this.use(azure).vault.secrets.remove(name);
});
Given("Key Vault's secret {string} is recovered", function (this: W, name: string) {
  this.use(azure).vault.secrets.recover(name);
});
Given("Key Vault holds the key {string} of the kind {string}", async function (this: W, name: string, kind: string) {
  const [kty = "", crv] = kind.split(" ");
  await this.use(azure).azure.seed({
    vaults: { testkv: { tenant: TENANT, keys: { [name]: { kty, ...(crv !== undefined && { crv }) } } } },
  });
});
Given(
  "Key Vault holds the certificate {string} made of {string} as {string}",
  async function (this: W, name: string, parts: string, contentType: string) {
    const facet = this.use(azure);
    const order = parts.split(", ") as PartName[];
    facet.vault.setCertificate(name, bundle(await facet.material(), order), { contentType, version: "c1" });
  },
);
Given(
  "a certificate stands behind the secret {string} of the type {string}",
  function (this: W, name: string, contentType: string) {
    const facet = this.use(azure);
    facet.vault.setSecret(name, { value: facet.value(name), contentType, certificate: name });
  },
);
Given("Key Vault gives pages of {int}", function (this: W, size: number) {
  this.use(azure).vault.pageSize = size;
});

// What a certificate became.

Then("the Azure file {string} holds {string} in PEM", async function (this: W, path: string, parts: string) {
  const facet = this.use(azure);
  const file = facet.outcome.files.find((one) => one.path === path);
  const got = file === undefined ? facet.outcome : partsOf(file.contents.toString("utf8"), await facet.material());
  checkSame(got, parts === "" ? [] : parts.split(", "), `"${path}" holds these blocks, in this order`);
});
Then("the Azure file {string} is a PFX file in {string}", async function (this: W, path: string, form: string) {
  const facet = this.use(azure);
  const contents = facet.outcome.files.find((one) => one.path === path)?.contents ?? Buffer.alloc(0);
  const { leaf } = await facet.material();
  const pfx = readPfx(form === "base64" ? Buffer.from(contents.toString("latin1"), "base64") : contents, "classic");
  check(pfx.certificates[0]?.equals(leaf) === true, "it holds the leaf", {
    expected: "the leaf first",
    got: "another",
  });
});
Then(
  "the Azure file {string} is one certificate in lines of 64 with a last line end",
  function (this: W, path: string) {
    const text =
      this.use(azure)
        .outcome.files.find((one) => one.path === path)
        ?.contents.toString("utf8") ?? "";
    const shape =
      /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/]{64}\n)+([A-Za-z0-9+/=]{1,64}\n)?-----END CERTIFICATE-----\n$/;
    check(shape.test(text), "the file is such a PEM", { expected: "one block, 64 columns, final LF", got: text });
  },
);
Then("the Azure file {string} is the public key {string}", function (this: W, path: string, name: string) {
  const facet = this.use(azure);
  const text = facet.outcome.files.find((one) => one.path === path)?.contents.toString("utf8") ?? "";
  const { key } = facet.vault.keys.get(name, "").value;
  const jwk = { ...key, kty: key.kty.replace("-HSM", "") };
  const expected = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" }).toString();
  checkSame(text, expected, "it is the key in PKIX PEM");
});

// What goes wrong at Azure, and how it is put right.

Given("Azure answers {string} with {int}", function (this: W, path: string, status: number) {
  this.use(azure).azure.faults.add({ match: { path }, effect: { kind: "status", status, body: '{"error":"x"}' } });
});
Given("Azure answers {string} with {int} and", function (this: W, path: string, status: number, body: string) {
  const headers = { "content-type": "application/json; charset=utf-8" };
  this.use(azure).azure.faults.add({ match: { path }, effect: { kind: "status", status, headers, body } });
});
Given(
  "Azure answers {string} with {int} and the header {string}",
  function (this: W, path: string, status: number, header: string) {
    const [name = "", ...value] = header.split(": ");
    const headers = { [name]: value.join(": ") };
    this.use(azure).azure.faults.add({ match: { path }, effect: { kind: "status", status, headers, body: "{}" } });
  },
);
Given(
  "Azure answers {string} with {int}, {int} time(s), after the challenge",
  function (this: W, path: string, status: number, times: number) {
    this.use(azure).azure.faults.add({
      match: { path },
      after: 1,
      times,
      effect: { kind: "status", status, body: "{}" },
    });
  },
);
Given(
  "Azure answers {string} with {int} and the header {string}, once after the challenge",
  function (this: W, path: string, status: number, header: string) {
    const [name = "", value = ""] = header.split(": ");
    const effect = { kind: "status", status, headers: { [name]: value }, body: "{}" } as const;
    this.use(azure).azure.faults.add({ match: { path }, after: 1, times: 1, effect });
  },
);
Given("Azure cuts every connection", function (this: W) {
  this.use(azure).azure.faults.add({ effect: { kind: "reset" } });
});
Given("Azure answers {string} not at all", function (this: W, path: string) {
  this.use(azure).azure.faults.add({ match: { path }, effect: { kind: "hang" } });
});
Given("the metadata service answers with {int} and", function (this: W, status: number, body: string) {
  this.use(azure).azure.metadataFaults.add({ effect: { kind: "status", status, body } });
});
Given("Azure works again", function (this: W) {
  const { faults, metadataFaults } = this.use(azure).azure;
  faults.clear();
  metadataFaults.clear();
  this.use(azure).servers.restore();
});
Given("Azure shows a certificate of an authority that nobody trusts", async function (this: W) {
  const stranger = await createCertificateAuthority({ clock: this.run.clock, commonName: "stranger" });
  const dnsNames = ["*.vault.azure.net", "login.microsoftonline.com"];
  await this.use(azure).servers.replace(await stranger.issue({ commonName: "azure", dnsNames }));
});

// Who may read.

const policies = (world: W) => world.use(azure).vault.access.policies;
Given("the vault's policy lets nobody in", function (this: W) {
  const facet = this.use(azure);
  facet.kept = policies(this).splice(0);
});
Given("the vault's policy is as it was", function (this: W) {
  policies(this).push(...this.use(azure).kept.splice(0));
});
Given("the vault goes by roles, and the identity has none", function (this: W) {
  this.use(azure).vault.access.isRbac = true;
});
Given("the identity has the role {string} on {string}", function (this: W, role: string, scope: string) {
  const { azure: running, vault } = this.use(azure);
  const { objectId } = running.state.directory.identity(WORKLOAD);
  vault.access.roles.push({ objectId, role, scope });
});
Given("the vault lets the application read {string} alone", function (this: W, name: string) {
  const { azure: running, vault } = this.use(azure);
  vault.access.isRbac = true;
  const { objectId } = running.state.directory.identity("cid");
  vault.access.roles.push({ objectId, role: "Key Vault Secrets User", scope: `/secrets/${name}` });
});

// Identities.

Given("the Azure pod's ServiceAccount has a federated credential", async function (this: W) {
  await this.use(azure).prepareWorkloadIdentity();
});
Given("the federated credential is as it should be", async function (this: W) {
  await this.use(azure).federate({});
});
Given("the federated credential is for the issuer {string}", async function (this: W, issuer: string) {
  await this.use(azure).federate({ issuer });
});
Given("the federated credential is for the subject {string}", async function (this: W, subject: string) {
  await this.use(azure).federate({ subject });
});
Given("the federated credential is for the audience {string}", async function (this: W, audience: string) {
  await this.use(azure).federate({ audiences: [audience] });
});
Given("Entra ID has no such client", function (this: W) {
  this.use(azure).azure.state.directory.remove(TENANT, WORKLOAD);
});
Given("the CSIDriver asks for no token for Azure", function (this: W) {
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, undefined);
});
Given("the pod's token for Azure expired {int} minutes ago", async function (this: W, ago: number) {
  const now = Math.floor(this.clock.now() / 1000);
  const claims = { iat: now - 7200, nbf: now - 7200, exp: now - ago * 60 };
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, await this.use(azure).tokenSaying(claims));
});
Given("the pod's token for Azure is good in {int} minutes only", async function (this: W, ahead: number) {
  const from = Math.floor(this.clock.now() / 1000) + ahead * 60;
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, await this.use(azure).tokenSaying({ nbf: from, exp: from + 3600 }));
});
Given("the pod's token for Azure is for the audience {string}", async function (this: W, audience: string) {
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, await this.use(azure).tokenSaying({ aud: [audience] }));
});
Given("the pod's token for Azure is of the issuer {string}", async function (this: W, iss: string) {
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, await this.use(azure).tokenSaying({ iss }));
});
Given("the pod's token for Azure is signed by somebody else", async function (this: W) {
  const forger = await this.run.once("forger's key", () => createSigningKey());
  const { kid } = await runSigningKey(this);
  const claims = await this.use(azure).claims();
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, signJwt(claims, { kid, privateKey: forger.privateKey }));
});
Given("the pod's token for Azure is signed with a key that the cluster does not publish", async function (this: W) {
  const forger = await this.run.once("forger's key", () => createSigningKey());
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, signJwt(await this.use(azure).claims(), forger));
});
Given("the pod keeps the token for Azure that it has", async function (this: W) {
  const token = await this.use(api).tokenOf(NAMESPACE, ACCOUNT, { audiences: [EXCHANGE_AUDIENCE] });
  this.use(azure).tokens.set(EXCHANGE_AUDIENCE, token);
});
const rotate = async (world: W, retire: boolean): Promise<void> => {
  const key = await world.run.once("rotated key", () => createSigningKey());
  await (await world.use(api).running()).authority.rotateSigningKey({ key, retire });
};
When("the cluster signs with a new key", async function (this: W) {
  await rotate(this, false);
});
When("the cluster signs with a new key and retires the old one", async function (this: W) {
  await rotate(this, true);
});
Given("the pod's token for Azure is the cluster's own", function (this: W) {
  this.use(azure).tokens.delete(EXCHANGE_AUDIENCE);
});
Given("the Azure pod runs as {string} in {string}", async function (this: W, name: string, namespace: string) {
  const facet = this.use(azure);
  facet.account = { namespace, name };
  await facet.createAccount();
});
Given("the Azure pod runs as it should", function (this: W) {
  this.use(azure).account = { namespace: NAMESPACE, name: ACCOUNT };
});
Given("the application's secret has expired", function (this: W) {
  const { azure: running, clientSecret } = this.use(azure);
  running.state.directory.identity("cid").clientSecrets = [{ value: clientSecret, expires: this.clock.now() - 1 }];
});
Given("the application's secret is another one", function (this: W) {
  this.use(azure).azure.state.directory.identity("cid").clientSecrets = [{ value: "another" }];
});
Given("the application's secret is valid", function (this: W) {
  const { azure: running, clientSecret } = this.use(azure);
  running.state.directory.identity("cid").clientSecrets = [{ value: clientSecret }];
});
Given("the node has the identity {string}, which may read the vault", async function (this: W, clientId: string) {
  await this.use(azure).azure.seed({
    tenants: { [TENANT]: [{ clientId, kind: "userAssigned" }] },
    vaults: { testkv: { tenant: TENANT, accessPolicies: [{ clientId, secrets: ["get"] }] } },
  });
  this.use(azure).request.secrets = "null";
});
Given(
  "the pod is bound to the identity {string}, which may read the vault",
  async function (this: W, clientId: string) {
    await this.use(azure).azure.seed({
      tenants: { [TENANT]: [{ clientId, kind: "userAssigned", isAssigned: false }] },
      vaults: { testkv: { tenant: TENANT, accessPolicies: [{ clientId, secrets: ["get"] }] } },
      podIdentities: { [`${NAMESPACE}/${POD}`]: clientId },
    });
    this.use(azure).request.secrets = "null";
  },
);
Given("the cluster has a token proxy for identity binding", async function (this: W) {
  const facet = this.use(azure);
  facet.options.tokenProxy = { sniName: SNI_NAME };
  facet.tokens.set(EXCHANGE_AUDIENCE, undefined);
  await facet.federate({ audiences: [BINDING_AUDIENCE] });
  // Whoever asks Entra ID itself finds nobody.
  facet.servers.route("login.microsoftonline.com", undefined);
});
Given("the Azure provider runs with {string} off", function (this: W, flag: string) {
  if (flag !== "-construct-pem-chain") throw new Error(`no such flag: ${flag}`);
  this.use(azure).options.constructPemChain = false;
});
Given("the Azure provider writes certificate and key to files of their own", function (this: W) {
  this.use(azure).options.writeCertAndKeyInSeparateFiles = true;
});
