import { Given } from "@cucumber/cucumber";
import { ServiceAccounts } from "../../kube/index.ts";
import { createSigningKey, signJwt } from "../../net/index.ts";
import { api } from "../world/api.ts";
import {
  ACCOUNT,
  CLUSTER,
  type GcpFacet,
  googleStore,
  MEMBER,
  NAMESPACE,
  POOL,
  PROVIDER,
  readBy,
  secretNamed,
} from "../world/gcp/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): GcpFacet => world.use(googleStore);
const GSA = "gsa@p.iam.gserviceaccount.com";
const FEDERATED = "projects/1234/locations/global/workloadIdentityPools/x/providers/y";

// The pod, its class and the provider.

Given("a pod whose ServiceAccount is known to Google", async function (this: W) {
  await facet(this).prepare();
});
Given("the class asks Google for", function (this: W, secrets: string) {
  facet(this).parameters["secrets"] = secrets;
});
Given("the class asks Google for {string}", function (this: W, secrets: string) {
  facet(this).parameters["secrets"] = secrets;
});
Given("the class asks Google with {string} as {string}", function (this: W, name: string, value: string) {
  facet(this).parameters[name] = value;
});
Given("the class of Google names no {string}", function (this: W, name: string) {
  delete facet(this).parameters[name];
});
Given("the Google provider runs with {string} as {string}", function (this: W, name: string, value: string) {
  (facet(this).environment as Record<string, string>)[name] = value;
});
Given("the Google provider is not told its cluster", function (this: W) {
  for (const name of ["PROJECT", "CLUSTER_LOCATION", "CLUSTER_NAME"] as const) facet(this).environment[name] = "";
});
Given("the driver of the Google volume sends the permission {string}", function (this: W, permission: string) {
  facet(this).request.permission = permission;
});
Given("the driver of the Google volume sends the attributes {string}", function (this: W, attributes: string) {
  facet(this).request.attributes = attributes.replaceAll("'", '"');
});
Given("the driver of the Google volume sends no target path", function (this: W) {
  facet(this).request.targetPath = "";
});
Given("the driver of the Google volume sends the secrets {string}", function (this: W, secrets: string) {
  facet(this).request.secrets = secrets;
});
Given(
  "the driver of the Google volume holds {string} in version {string}",
  function (this: W, id: string, version: string) {
    facet(this).held = [...facet(this).held, { id, version }];
  },
);
Given("the pod's Secret for Google holds the key.json {string}", function (this: W, json: string) {
  facet(this).request.secrets = JSON.stringify({ "key.json": json.replaceAll("'", '"') });
});
Given("the pod's Secret for Google holds the key of a service account", async function (this: W) {
  const { publicKey, privateKey } = await this.run.once("a service account's key", () => createSigningKey());
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  facet(this).seed({ serviceAccounts: { [GSA]: { keys: { k1: pem } } } });
  const key = {
    type: "service_account",
    client_email: GSA,
    private_key_id: "k1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    token_uri: "https://oauth2.googleapis.com/token",
  };
  facet(this).request.secrets = JSON.stringify({ "key.json": JSON.stringify(key) });
});

Given("the class asks Google for {string} under {int} names", function (this: W, name: string, count: number) {
  const entry = (_: unknown, at: number): string =>
    `- {resourceName: ${secretNamed(name)}/versions/2, fileName: f${at}}`;
  facet(this).parameters["secrets"] = Array.from({ length: count }, entry).join("\n");
});
Given("the driver sends the pod's token for Google in the secrets", async function (this: W) {
  const tokens = JSON.stringify({ [POOL]: { token: await facet(this).ownToken() } });
  facet(this).request.secrets = JSON.stringify({ "csi.storage.k8s.io/serviceAccount.tokens": tokens });
});

// Who the pod is.

Given("the driver brings no token for Google", function (this: W) {
  facet(this).tokens = null;
});
Given("the driver brings the pod's token for Google under {string}", async function (this: W, audience: string) {
  facet(this).tokens = { [audience]: await facet(this).ownToken() };
});
Given("the driver brings the tokens {string} for Google", function (this: W, text: string) {
  facet(this).tokensText = text;
});
const brings = async (world: W, claims: Readonly<Record<string, unknown>>): Promise<void> => {
  facet(world).tokens = { [POOL]: await facet(world).tokenSaying(claims) };
};
const now = (world: W): number => Math.floor(world.clock.now() / 1000);
Given("the pod's token for Google expired an hour ago", async function (this: W) {
  await brings(this, { iat: now(this) - 7200, nbf: now(this) - 7200, exp: now(this) - 3600 });
});
Given("the pod's token for Google is valid in an hour", async function (this: W) {
  await brings(this, { nbf: now(this) + 3600, exp: now(this) + 7200 });
});
Given("the pod's token for Google is meant for {string}", async function (this: W, aud: string) {
  await brings(this, { aud: [aud] });
});
Given("the pod's token for Google comes from the issuer {string}", async function (this: W, iss: string) {
  await brings(this, { iss });
});
Given("the pod's token for Google is {string}'s", async function (this: W, account: string) {
  await brings(this, { sub: `system:serviceaccount:${account}` });
});
Given("the pod's token for Google is signed with today's key", async function (this: W) {
  await brings(this, {});
});
Given("the pod's token for Google is forged", async function (this: W) {
  const forger = await this.run.once("forger's key", () => createSigningKey());
  const { issuer, authority } = await this.use(api).running();
  const kid = (await authority.keys.published())[0]?.kid ?? "";
  const claims = {
    iss: issuer.url,
    sub: `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`,
    aud: [POOL],
    exp: now(this) + 600,
  };
  facet(this).tokens = { [POOL]: signJwt(claims, { kid, privateKey: forger.privateKey }) };
});
Given("the pod's token for Google is its own", function (this: W) {
  facet(this).tokens = undefined;
});
Given("the cluster of Google's pod signs with a new key", async function (this: W) {
  const fresh = await this.run.once("second signing key", () => createSigningKey());
  await (await this.use(api).running()).authority.rotateSigningKey({ key: fresh });
});
Given("the cluster of Google's pod signs with a new key and has withdrawn the old one", async function (this: W) {
  const fresh = await this.run.once("second signing key", () => createSigningKey());
  await (await this.use(api).running()).authority.rotateSigningKey({ key: fresh, retire: true });
});
Given("the pod's ServiceAccount names the Google service account {string}", async function (this: W, email: string) {
  await facet(this).account({ "iam.gke.io/gcp-service-account": email });
});
Given(
  "the pod's ServiceAccount names the Google service account {string} through {string}",
  async function (this: W, email: string, delegates: string) {
    await facet(this).account({
      "iam.gke.io/gcp-service-account": email,
      "iam.gke.io/gcp-service-account-delegates": delegates.replaceAll("'", '"'),
    });
  },
);
Given("the pod's ServiceAccount at Google's provider is missing", async function (this: W) {
  await brings(this, {});
  await (await this.use(api).admin()).delete(ServiceAccounts, { namespace: NAMESPACE, name: ACCOUNT });
});
Given("the Google service account {string} may be borrowed by the pod", function (this: W, email: string) {
  lends(this, email, MEMBER);
});
Given(
  "the Google service account {string} may be borrowed by {string}",
  function (this: W, email: string, other: string) {
    lends(this, email, `serviceAccount:${other}`);
  },
);
Given("the Google service account {string} may be borrowed by nobody", function (this: W, email: string) {
  facet(this).seed({ serviceAccounts: { [email]: { policy: [] } } });
});
Given("the Google service account {string} lends itself to whom the pod may be", function (this: W, email: string) {
  facet(this).seed({
    serviceAccounts: { [email]: { policy: [{ role: "roles/iam.serviceAccountTokenCreator", members: [MEMBER] }] } },
  });
});
function lends(world: W, email: string, member: string): void {
  const role = member === MEMBER ? "roles/iam.workloadIdentityUser" : "roles/iam.serviceAccountTokenCreator";
  facet(world).seed({ serviceAccounts: { [email]: { policy: [{ role, members: [member] }] } } });
}

// What Google knows of the cluster and its machines.

Given("Google does not know the cluster", function (this: W) {
  facet(this).google.state.pools.removeCluster(CLUSTER);
});
Given("Google knows the cluster", async function (this: W) {
  facet(this).seed({ clusters: [{ ...CLUSTER, issuer: (await this.use(api).running()).issuer.url }] });
});
Given("Google's metadata server tells of the cluster", function (this: W) {
  facet(this).seed({ metadata: { projectId: "p", attributes: { "cluster-location": "l", "cluster-name": "c" } } });
});
Given("Google's metadata server gives tokens of {string}", function (this: W, serviceAccount: string) {
  facet(this).seed({ metadata: { projectId: "p", serviceAccount } });
});
Given("Google's metadata server is not there", function (this: W) {
  facet(this).servers.loseMetadata();
});
Given(
  "the Google credentials file is of the type {string} for the cluster's pool",
  async function (this: W, type: string) {
    await facet(this).credentialsFile({ type, audience: `identitynamespace:${POOL}:${PROVIDER}` });
  },
);
Given("the Google credentials file is for a workload identity pool", async function (this: W) {
  const audience = `//iam.googleapis.com/${FEDERATED}`;
  await facet(this).credentialsFile({
    type: "external_account",
    audience,
    token_url: "https://sts.googleapis.com/v1/token",
  });
  facet(this).environment.GAIA_TOKEN_EXCHANGE_ENDPOINT = "https://sts.googleapis.com/v1/token";
  facet(this).tokens = null;
  facet(this).seed({
    providers: { [FEDERATED]: { issuer: (await this.use(api).running()).issuer.url, allowedAudiences: [audience] } },
  });
  const subject = `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`;
  const member = `principal://iam.googleapis.com/${FEDERATED.replace(/\/providers.*/, "")}/subject/${subject}`;
  facet(this).seed({ secrets: { "projects/p/secrets/s": { policy: readBy(member) } } });
});
