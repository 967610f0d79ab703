import { generateKeyPairSync } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { ServiceAccounts } from "../../kube/index.ts";
import { createCertificateAuthority, createSigningKey, signJwt } from "../../net/index.ts";
import { StatusSchema } from "../../wire/gen/google_rpc_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { grpcClient } from "../../wire/grpc/index.ts";
import { check, checkSame } from "../check.ts";
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
} from "../world/gcp/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): GcpFacet => world.use(googleStore);
const GSA = "gsa@p.iam.gserviceaccount.com";
const FEDERATED = "projects/1234/locations/global/workloadIdentityPools/x/providers/y";
const ACCESS = "/google.cloud.secretmanager.v1.SecretManagerService/AccessSecretVersion";
const RENDER = "/google.cloud.parametermanager.v1.ParameterManager/RenderParameterVersion";
const EXCHANGE = "/v1/identitybindingtoken";

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
Given("the pod's Secret for Google holds the key of a service account", function (this: W) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
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
  facet(this).loseMetadata();
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

// What it holds.

Given("Secret Manager holds {string}", function (this: W, name: string) {
  facet(this).holds(secretNamed(name), facet(this).value(name));
});
Given("Secret Manager holds {string} in two versions", function (this: W, name: string) {
  facet(this).holds(secretNamed(name), facet(this).value(`${name} 1`));
  facet(this).holds(secretNamed(name), facet(this).value(name));
});
Given("Secret Manager holds {string} saying {string}", function (this: W, name: string, text: string) {
  facet(this).holds(secretNamed(name), text.replaceAll("\\n", "\n"));
});
Given("Secret Manager holds {string} with the bytes {string}", function (this: W, name: string, hex: string) {
  facet(this).holds(secretNamed(name), Buffer.from(hex, "hex"));
});
Given("Secret Manager holds no {string}", function (this: W, name: string) {
  facet(this).google.state.secrets.delete(storedName(name));
  // Whoever may read all of a project is told that there is nothing.
  facet(this).seed({ policies: { p: readBy(MEMBER) } });
});
Given("the payload of {string} is damaged on its way from Google", function (this: W, name: string) {
  const version = facet(this).google.state.secrets.get(storedName(name)).versions.at(-1);
  if (version !== undefined) version.data = Buffer.from("damaged"); // the checksum stays that of what was stored
});
Given("Secret Manager lets {string} read {string}", function (this: W, email: string, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: readBy(`serviceAccount:${email}`) } } });
});
Given("Secret Manager lets nobody read {string}", function (this: W, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: [] } } });
});
Given("Secret Manager lets the pod read {string}", function (this: W, name: string) {
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy: readBy(MEMBER) } } });
});
Given("Secret Manager lets the pod read {string} while {string}", function (this: W, name: string, expression: string) {
  const policy = readBy(MEMBER).map((one) => ({ ...one, condition: { expression, title: "while" } }));
  facet(this).seed({ secrets: { [secretNamed(name)]: { policy } } });
});
Given(
  /^the newest version of "([^"]*)" at Google is (enabled|disabled|destroyed)$/,
  async function (this: W, name: string, state: string) {
    const { google } = facet(this);
    const version = google.state.secrets.get(storedName(name)).versions.at(-1);
    check(version !== undefined, "there is a version", { expected: "one", got: "none" });
    version.state = { enabled: 1, disabled: 2, destroyed: 3 }[state] as typeof version.state;
  },
);
Given("Parameter Manager holds {string} saying {string}", function (this: W, name: string, text: string) {
  holdsParameter(this, name, text);
});
Given(
  "Parameter Manager holds {string} with the password of {string}",
  function (this: W, name: string, secret: string) {
    const reference = `__REF__(//secretmanager.googleapis.com/${secretNamed(secret)}/versions/latest)`;
    holdsParameter(this, name, JSON.stringify({ password: reference }));
    const [, , , location = "", , parameter = ""] = name.split("/");
    const full = `projects/1234/locations/${location}/parameters/${parameter}`;
    const { uid } = facet(this).google.state.parameters.get(full);
    const member = `principal://parametermanager.googleapis.com/projects/1234/uid/locations/${location}/parameters/${uid}`;
    facet(this).seed({ secrets: { [secretNamed(secret)]: { policy: readBy(member) } } });
  },
);
function holdsParameter(world: W, name: string, text: string): void {
  const [parameter = "", version = ""] = name.split("/versions/");
  facet(world).seed({
    policies: { p: [{ role: "roles/parametermanager.parameterAccessor", members: [MEMBER] }] },
    parameters: { [parameter]: { format: "JSON", versions: { [version]: text } } },
  });
}
function secretNamed(name: string): string {
  return name.startsWith("projects/") ? name : `projects/p/secrets/${name}`;
}
function storedName(name: string): string {
  return secretNamed(name).replace("projects/p/", "projects/1234/");
}

// What goes wrong there.

const PATHS: Readonly<Record<string, string>> = {
  "Secret Manager": ACCESS,
  "Parameter Manager": RENDER,
  "Google's token exchange": EXCHANGE,
};
const NAMED = "(Secret Manager|Parameter Manager|Google's token exchange)";
Given(
  new RegExp(`^${NAMED} answers (\\d+)( once)? saying "([^"]*)"$`),
  function (this: W, what: string, status: string, once: string | null, message: string) {
    const body = JSON.stringify({
      error: what === "Google's token exchange" ? "told_so" : { code: Number(status), message },
    });
    facet(this).google.faults.add({
      match: { path: PATHS[what] ?? "" },
      ...(once !== null && { times: 1 }),
      effect: { kind: "status", status: Number(status), headers: { "content-type": "application/json" }, body },
    });
  },
);
Given(new RegExp(`^${NAMED} does not answer$`), function (this: W, what: string) {
  facet(this).google.faults.add({ match: { path: PATHS[what] ?? "" }, effect: { kind: "hang" } });
});
Given(new RegExp(`^${NAMED} takes (\\d+) seconds?$`), function (this: W, what: string, count: string) {
  facet(this).google.faults.add({
    match: { path: PATHS[what] ?? "" },
    effect: { kind: "latency", ms: Number(count) * 1000 },
  });
});
Given(new RegExp(`^${NAMED} cuts the connection$`), function (this: W, what: string) {
  facet(this).google.faults.add({ match: { path: PATHS[what] ?? "" }, effect: { kind: "reset" } });
});
Given("Google answers as usual again", async function (this: W) {
  await facet(this).restore();
});
Given("Google is down", function (this: W) {
  facet(this).goDown();
});
Given("Google shows a certificate of an unknown authority", async function (this: W) {
  const stranger = await this.run.once("somebody's CA", () =>
    createCertificateAuthority({ clock: this.run.clock, commonName: "somebody" }),
  );
  await facet(this).replaceServer(await stranger.issue({ commonName: "google", dnsNames: ["*.googleapis.com"] }));
});

// Mounting.

When("the Google volume is mounted", mounted);
When("the Google volume is mounted again", mounted);
async function mounted(this: W): Promise<void> {
  await facet(this).mount();
}
When("the driver asks Google's provider for its version", async function (this: W) {
  await facet(this).askVersion();
});
When("{int} minutes go by for the Google volume", async function (this: W, count: number) {
  await this.elapse(minutes(count));
});

// What came of it.

Then("the Google volume holds", async function (this: W, table: DataTable) {
  const store = facet(this);
  check(store.outcome.code === "OK", "the mount succeeds", {
    expected: "OK",
    got: [store.outcome.code, store.outcome.message],
  });
  const { digester } = this.run;
  const digest = (bytes: Buffer): string => digester.digest(bytes);
  checkSame(
    store.outcome.files.map(({ path, mode, contents }) => [path, mode.toString(8), digest(contents)]),
    table.hashes().map(({ file = "", mode = "644", value = "" }) => [file, mode, digest(bytesOf(store, value))]),
    "files, modes and contents, in the order of the class",
  );
});
/** `{name}` stands for what the store holds under it, `hex:` for bytes, anything else for itself. */
function bytesOf(store: GcpFacet, cell: string): Buffer {
  if (cell.startsWith("hex:")) return Buffer.from(cell.slice(4), "hex");
  return Buffer.from(cell.replace(/\{([^{}"]+)\}/, (_, name: string) => store.value(name)));
}
Then("the Google volume is empty but mounted", function (this: W) {
  const { code, message, files, versions } = facet(this).outcome;
  checkSame([code, message, files.length, versions.length], ["OK", "", 0, 0], "code, message, files and versions");
});
Then("the versions of the Google volume are", function (this: W, table: DataTable) {
  const { versions } = facet(this).outcome;
  checkSame(
    versions.map(({ id, version }) => [id, version]),
    table.hashes().map(({ object = "", version = "" }) => [object, version]),
    "objects and their versions",
  );
});
Then(/^the Google mount is refused with "([^"]*)", naming "(.*)"$/, function (this: W, code: string, texts: string) {
  refused(this, code, texts.split('" and "'));
});
Then(/^the Google mount is refused with "([^"]*)"$/, function (this: W, code: string) {
  refused(this, code, []);
});
Then("the Google mount is refused with {string}, saying", function (this: W, code: string, text: string) {
  const { outcome } = facet(this);
  checkSame([outcome.code, outcome.message], [code, text.replaceAll("\\n", "\n")], "code and message");
});
Then("the Google mount is refused with {string}, ending {string}", function (this: W, code: string, end: string) {
  const { outcome } = facet(this);
  checkSame(
    [outcome.code, outcome.message.endsWith(end)],
    [code, true],
    `code, and a message that ends "${end}": ${outcome.message}`,
  );
});
function refused(world: W, code: string, texts: readonly string[]): void {
  const { outcome } = facet(world);
  checkSame([outcome.code, outcome.files.length], [code, 0], `code and files: ${outcome.message}`);
  for (const text of texts.map((one) => one.replaceAll('\\"', '"')))
    check(outcome.message.includes(text), `the refusal names ${text}`, {
      expected: `… ${text} …`,
      got: outcome.message,
    });
}
Then("the Google refusal's details hold the codes {string}", function (this: W, codes: string) {
  const { statusDetails } = facet(this).outcome;
  const { details } = fromBinary(StatusSchema, statusDetails ?? new Uint8Array());
  checkSame(details.map((any) => String(anyUnpack(any, StatusSchema)?.code)).join(" "), codes, "codes of the details");
});
Then("Google was asked for", function (this: W, table: DataTable) {
  checkSame(facet(this).calls(), table.raw().flat(), "calls at Google");
});
Then("Google was asked for, in any order", function (this: W, table: DataTable) {
  checkSame(facet(this).calls().sort(), table.raw().flat().sort(), "calls at Google");
});
Then("Google was not asked for anything", function (this: W) {
  checkSame(facet(this).calls(), [], "calls at Google");
});
Then("Google was not asked for a secret", function (this: W) {
  checkSame(
    facet(this)
      .calls()
      .filter((call) => /^(Access|Render)/.test(call)),
    [],
    "reads at Google",
  );
});
Then("Google was asked {int} time(s) for {string}", function (this: W, count: number, call: string) {
  checkSame(
    facet(this)
      .calls()
      .filter((one) => one.startsWith(call)).length,
    count,
    `calls of ${call}`,
  );
});
Then("Google was read by {string}", function (this: W, reader: string) {
  checkSame([...new Set(facet(this).readers())], [reader === "the pod" ? MEMBER : reader], "who read");
});
Then("the API server was asked by Google's provider for", function (this: W, table: DataTable) {
  checkSame(facet(this).apiCalls(), table.raw().flat(), "calls at the API server");
});
Then("the API server was not asked by Google's provider", function (this: W) {
  checkSame(facet(this).apiCalls(), [], "calls at the API server");
});
Then("the Google mount took {int} second(s)", function (this: W, count: number) {
  checkSame(facet(this).outcome.tookMs, count * 1000, "milliseconds on the clock");
});
Then(
  "Google's provider names itself {string} and its version {string}",
  function (this: W, name: string, version: string) {
    const told = facet(this).version;
    checkSame(
      [told.version, told.runtimeName, told.runtimeVersion],
      ["v1alpha1", name, version],
      "API version, name and version",
    );
  },
);
Then("the Google volume is mounted with both secrets", async function (this: W) {
  const store = facet(this);
  await store.mount();
  const { digester } = this.run;
  const got = store.outcome.files.map(({ path, contents }) => [path, digester.digest(contents)]);
  const expected = ["db-password", "api-key"].map((name) => [name, digester.digest(store.value(name))]);
  checkSame([store.outcome.code, store.outcome.message, got], ["OK", "", expected], "code, message and files");
});

// The provider as a process.

Given("the Google provider runs as a process called {string}", async function (this: W, name: string) {
  const store = facet(this);
  const { PROJECT = "", CLUSTER_LOCATION = "", CLUSTER_NAME = "" } = store.environment;
  await store.process.start(await store.ownConfig(), store.resolver, {
    PROJECT,
    CLUSTER_LOCATION,
    CLUSTER_NAME,
    PROVIDER_NAME: name,
  });
});
Then("the Google provider's socket is called {string}", function (this: W, name: string) {
  check(facet(this).process.hasSocket(name.replace(/\.sock$/, "")), `the socket is ${name}`, {
    expected: name,
    got: "no such socket",
  });
});
When("the driver mounts the Google volume by the process {string}", async function (this: W, name: string) {
  const store = facet(this);
  using client = grpcClient(CSIDriverProvider, {
    clock: this.run.clock,
    target: { path: store.process.socketOf(name) },
  });
  const attributes = { ...store.parameters, ...(await podAttributes(store)) };
  const reply = await client.mount(
    { attributes: JSON.stringify(attributes), secrets: "{}", permission: "420" },
    { deadlineMs: 30_000 },
  );
  store.outcome = {
    ...store.outcome,
    code: "OK",
    message: "",
    files: reply.files.map(({ path, mode, contents }) => ({ path, mode, contents: Buffer.from(contents) })),
  };
});
async function podAttributes(store: GcpFacet): Promise<Record<string, string>> {
  return {
    "csi.storage.k8s.io/pod.namespace": NAMESPACE,
    "csi.storage.k8s.io/serviceAccount.name": ACCOUNT,
    "csi.storage.k8s.io/serviceAccount.tokens": JSON.stringify({ [POOL]: { token: await store.ownToken() } }),
  };
}
Then("the Google provider's {string} answers {int}", async function (this: W, path: string, status: number) {
  checkSame((await facet(this).process.status(path)).status, status, `status of ${path}`);
});
Then("the Google provider's {string} tells {string}", async function (this: W, path: string, line: string) {
  const { text } = await facet(this).process.status(path);
  check(text.split("\n").includes(line.replaceAll("'", '"')), `${path} tells ${line}`, { expected: line, got: text });
});
