import { Given } from "@cucumber/cucumber";
import { createCertificateAuthority, type FaultEffect } from "../../net/index.ts";
import { ROLE, type VaultProviderFacet, vaultProvider } from "../world/vault/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): VaultProviderFacet => world.use(vaultProvider);

// What Vault holds and answers.

Given("Vault holds at {string}", async function (this: W, path: string, json: string) {
  const data = JSON.parse(json) as Record<string, unknown>;
  await facet(this).vault.admin.write(path, /^[^/]+\/data\//.test(path) ? { data } : data);
});
Given("Vault answers {string} with {int}", function (this: W, call: string, status: number) {
  script(this, call, { kind: "status", status, body: "" });
});
Given("Vault answers {string} with {int} and", function (this: W, call: string, status: number, body: string) {
  script(this, call, { kind: "status", status, body });
});
Given(
  "Vault answers {string} {int} time(s) with {int} and",
  function (this: W, call: string, times: number, status: number, body: string) {
    script(this, call, { kind: "status", status, body }, times);
  },
);
Given(
  "Vault answers {string} {int} time(s) with {int} and the header {string}",
  function (this: W, call: string, times: number, status: number, header: string) {
    const [name = "", value = ""] = header.split(": ");
    script(this, call, { kind: "status", status, headers: { [name]: value }, body: '{"errors":[]}' }, times);
  },
);
Given("Vault answers {string} not at all", function (this: W, call: string) {
  script(this, call, { kind: "hang" });
});
Given("Vault sends {string} once to another port", function (this: W, call: string) {
  const location = `${facet(this).vault.url}${call.split(" ")[1]}`;
  script(this, call, { kind: "status", status: 307, headers: { location }, body: "" }, 1);
});
function script(world: W, call: string, effect: FaultEffect, times?: number): void {
  const [method = "", path = ""] = call.split(" ");
  const match = { ...(method !== "*" && { method }), path };
  facet(world).tap.faults.add({ match, effect, ...(times !== undefined && { times }) });
}
Given("Vault's role is for another ServiceAccount", async function (this: W) {
  await facet(this).bindRole("kubernetes", "somebody-else");
});
Given("Vault's role lets nobody in any more", async function (this: W) {
  await facet(this).vault.admin.delete(`auth/kubernetes/role/${ROLE}`);
});
Given("Vault's policy allows the path {string} alone", async function (this: W, path: string) {
  await facet(this).vault.admin.write("sys/policies/acl/app", {
    policy: `path "${path}" { capabilities = ["read"] }`,
  });
});
Given("Vault's kubernetes auth is also at {string}", async function (this: W, path: string) {
  await facet(this).enableAuth(path);
});
Given("Vault listens behind TLS, with a certificate that {string} issued", async function (this: W, who: string) {
  await listenTls(this, who);
});
async function listenTls(world: W, who: string): Promise<void> {
  const { run, scope } = world;
  const [ours, other] = await run.once("authorities of Vault", async () => [
    await createCertificateAuthority({ clock: run.clock, commonName: "Vault's CA" }),
    await createCertificateAuthority({ clock: run.clock, commonName: "another CA" }),
  ]);
  if (ours === undefined || other === undefined) throw new Error("two authorities are made");
  const tls = await ours.issue({ commonName: "vault", ipAddresses: ["127.0.0.1"] });
  const front = scope.use(await facet(world).vault.listenToo({ tls }));
  facet(world).parameters["vaultAddress"] = `https://127.0.0.1:${front.port}`;
  const caPem = who === "the class's authority" ? ours.certPem : other.certPem;
  facet(world).parameters["vaultCACertPath"] = await facet(world).file("ca.crt", caPem);
}
Given("Vault listens on a Unix socket", async function (this: W) {
  await facet(this).listenOnSocket();
});
