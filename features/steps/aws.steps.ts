import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { Pods, ServiceAccounts } from "../../kube/index.ts";
import { createCertificateAuthority, createSigningKey, signJwt } from "../../net/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { type AwsFacet, awsStore, NAMESPACE, POD, POD_AUDIENCE, REGION } from "../world/aws/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): AwsFacet => world.use(awsStore);
const rowsOf = (table: DataTable): Record<string, string>[] => table.hashes();

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

// What AWS holds.

Given(
  "Secrets Manager in {string} holds {string} as version {string}",
  function (this: W, region: string, name: string, id: string) {
    facet(this).aws.admin.secret(region, name, { versions: [{ id, string: facet(this).value(`${name} ${id}`) }] });
  },
);
Given("Secrets Manager in {string} holds {string}", function (this: W, region: string, name: string) {
  facet(this).aws.admin.secret(region, name, { versions: [{ id: "v1", string: facet(this).value(`${name} v1`) }] });
});
Given(
  "Secrets Manager in {string} holds {string} with the value",
  function (this: W, region: string, name: string, value: string) {
    facet(this).aws.admin.secret(region, name, { versions: [{ id: "v1", string: value }] });
  },
);
Given(
  "Secrets Manager in {string} holds {string} with the bytes {string}",
  function (this: W, region: string, name: string, hex: string) {
    const binary = Buffer.from(hex, "hex").toString("base64");
    facet(this).aws.admin.secret(region, name, { versions: [{ id: "v1", binary }] });
  },
);
Given(
  "Secrets Manager in {string} holds {string} as version {string} labelled {string}",
  function (this: W, region: string, name: string, id: string, label: string) {
    facet(this).aws.admin.secret(region, name, {
      versions: [{ id, string: facet(this).value(`${name} ${id}`), stages: [label] }],
    });
  },
);
Given("Secrets Manager in {string} holds no {string}", function (this: W, region: string, name: string) {
  facet(this).aws.admin.account.region(region).secrets.delete(name);
});
Given("Secrets Manager in {string} deletes {string}", function (this: W, region: string, name: string) {
  facet(this).aws.admin.call("secretsmanager", region, "DeleteSecret", { SecretId: name });
});
Given("Secrets Manager in {string} restores {string}", function (this: W, region: string, name: string) {
  facet(this).aws.admin.call("secretsmanager", region, "RestoreSecret", { SecretId: name });
});
Given(
  "{string} in {string} is encrypted with a KMS key that the role may not use",
  function (this: W, name: string, region: string) {
    const { admin } = facet(this).aws;
    admin.secret(region, name, { kmsKeyId: admin.key(region, "k1", true) });
  },
);
Given("the role may use the KMS key", function (this: W) {
  facet(this).aws.admin.iam("PutRolePolicy", {
    RoleName: "app",
    PolicyName: "kms",
    PolicyDocument: JSON.stringify({ Statement: { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" } }),
  });
});
Given("Parameter Store in {string} holds {string}", function (this: W, region: string, names: string) {
  for (const name of names.split(" "))
    facet(this).aws.admin.parameter(region, name, { value: facet(this).value(name) });
});
Given(
  "Parameter Store in {string} holds {string} labelled {string}",
  function (this: W, region: string, name: string, label: string) {
    facet(this).aws.admin.parameter(region, name, { value: facet(this).value(`${name} ${label}`), labels: [label] });
  },
);
Given(
  "Parameter Store in {string} holds {string} with another value",
  function (this: W, region: string, name: string) {
    facet(this).aws.admin.parameter(region, name, { value: facet(this).value(`${name} again`) });
  },
);

// What goes wrong there.

const answer = (call: string, status: number, code: string) => {
  const isXml = call.startsWith("sts/");
  const body = isXml
    ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>told so</Message></Error><RequestId>r</RequestId></ErrorResponse>`
    : JSON.stringify(
        call.startsWith("pod-identity/") ? { code, message: "told so" } : { __type: code, message: "told so" },
      );
  return {
    kind: "status",
    status,
    body,
    headers: { "content-type": isXml ? "text/xml" : "application/json" },
  } as const;
};
Given("AWS answers {string} with {int} {string}", function (this: W, call: string, status: number, code: string) {
  facet(this).aws.faults.add({ match: { path: call }, effect: answer(call, status, code) });
});
Given("AWS answers {string} once with {int} {string}", function (this: W, call: string, status: number, code: string) {
  facet(this).aws.faults.add({ match: { path: call }, times: 1, effect: answer(call, status, code) });
});
Given("AWS answers {string} with", function (this: W, call: string, body: string) {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "status", status: 200, headers, body } });
});
Given("AWS cuts the connection at {string}", function (this: W, call: string) {
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "reset" } });
});
Given("AWS's answers to {string} are cut off after {int} bytes", function (this: W, call: string, bytes: number) {
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "partial-body", bytes } });
});
Given("AWS's answers to {string} stand in a web page", function (this: W, call: string) {
  const secret = facet(this).value("db-password v1");
  const body = `<html><body>{"SecretString":"${secret}"}</body></html>`;
  facet(this).aws.faults.add({
    match: { path: call },
    effect: { kind: "content-type", contentType: "text/html", body },
  });
});
Given("AWS's answers to {string} are no JSON", function (this: W, call: string) {
  const body = `{"SecretString": ${facet(this).value("db-password v1")}`;
  facet(this).aws.faults.add({
    match: { path: call },
    effect: { kind: "content-type", contentType: "application/x-amz-json-1.1", body },
  });
});
Given("AWS does not answer {string}", function (this: W, call: string) {
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "hang" } });
});
Given("AWS takes {int} milliseconds for {string}", function (this: W, ms: number, call: string) {
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "latency", ms } });
});
Given("AWS takes {int} seconds for {string}", function (this: W, count: number, call: string) {
  facet(this).aws.faults.add({ match: { path: call }, effect: { kind: "latency", ms: count * 1000 } });
});
Given("AWS answers as usual again", async function (this: W) {
  facet(this).aws.faults.clear();
  await facet(this).restoreServer();
});
Given("AWS is down", function (this: W) {
  facet(this).goDown();
});
Given("AWS shows a certificate of an unknown authority", async function (this: W) {
  const stranger = await this.run.once("somebody's CA", () =>
    createCertificateAuthority({ clock: this.run.clock, commonName: "somebody" }),
  );
  await facet(this).replaceServer(await stranger.issue({ commonName: "aws", dnsNames: [`*.${REGION}.amazonaws.com`] }));
});
Given("the role {string} trusts the subject {string}", function (this: W, _role: string, subject: string) {
  facet(this).trust(subject);
});
Given("the role {string} trusts the audience {string} alone", function (this: W, _role: string, audience: string) {
  facet(this).trust(`system:serviceaccount:${NAMESPACE}:app`, audience);
});
Given("the role {string} trusts the pod again", function (this: W, _role: string) {
  facet(this).trust(`system:serviceaccount:${NAMESPACE}:app`);
});
Given("AWS does not know the cluster's issuer", async function (this: W) {
  facet(this).aws.admin.distrustIssuer((await this.use(api).running()).issuer.url);
});
Given("AWS knows the cluster's issuer", async function (this: W) {
  facet(this).aws.admin.trustIssuer((await this.use(api).running()).issuer);
});
Given("the role's policy does not allow {string}", function (this: W, action: string) {
  facet(this).aws.admin.policy("read", policyOf("Deny", action));
});
Given("the role's policy allows reading again", function (this: W) {
  facet(this).aws.admin.policy("read", {
    Statement: { Effect: "Allow", Action: ["secretsmanager:*", "ssm:*"], Resource: "*" },
  });
});
const policyOf = (effect: string, action: string) => ({
  Statement: [
    { Effect: "Allow", Action: ["secretsmanager:*", "ssm:*"], Resource: "*" },
    { Effect: effect, Action: action, Resource: "*" },
  ],
});
Given("the cluster signs tokens with a new key", async function (this: W) {
  const fresh = await this.run.once("second signing key", () => createSigningKey());
  await (await this.use(api).running()).authority.rotateSigningKey({ key: fresh });
});
Given("the cluster signs tokens with a new key and has withdrawn the old one", async function (this: W) {
  const fresh = await this.run.once("second signing key", () => createSigningKey());
  await (await this.use(api).running()).authority.rotateSigningKey({ key: fresh, retire: true });
});

Given("no Pod Identity association is for the pod", async function (this: W) {
  facet(this).aws.admin.podIdentity("prod", (await this.use(api).running()).issuer, []);
});
Given("a Pod Identity association is for the pod", async function (this: W) {
  const { issuer } = await this.use(api).running();
  facet(this).aws.admin.podIdentity("prod", issuer, [{ namespace: NAMESPACE, serviceAccount: "app", role: "pod" }]);
});

// Mounting.

When("the AWS volume is mounted", mounted);
When("the AWS volume is mounted again", mounted);
async function mounted(this: W): Promise<void> {
  await facet(this).mount();
}

// What came of it.

Then("the AWS volume holds", async function (this: W, table: DataTable) {
  const store = facet(this);
  check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: store.outcome });
  const { digester } = this.run;
  const digest = (bytes: Buffer): string => digester.digest(bytes);
  const got = (await store.files()).map(({ path, mode, contents }) => [path, mode.toString(8), digest(contents)]);
  const expected = rowsOf(table).map(({ file = "", mode = "644", value = "" }) => [
    file,
    mode,
    digest(bytesOf(store, value)),
  ]);
  checkSame(got.sort(), expected.sort(), "files, modes and contents of the volume");
});
/** `{name}` stands for what the store holds under it, `hex:` for bytes, `json:` for JSON, anything else for itself. */
function bytesOf(store: AwsFacet, cell: string): Buffer {
  if (cell.startsWith("json:")) return Buffer.from(cell.slice(5));
  if (cell.startsWith("hex:")) return Buffer.from(cell.slice(4), "hex");
  return Buffer.from(cell.replace(/^\{(.+)\}$/, (_, name: string) => store.value(name)));
}
Then("the AWS volume is mounted with both secrets", async function (this: W) {
  const store = facet(this);
  await store.mount();
  check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: store.outcome });
  const { digester } = this.run;
  const got = (await store.files()).map(({ path, contents }) => [path, digester.digest(contents)]);
  const expected = ["api-key", "db-password"].map((name) => [name, digester.digest(store.value(`${name} v1`))]);
  checkSame(got.sort(), expected, "files of the volume");
});
Then(
  "mounting {int} secrets takes at most {int} times as long as mounting one",
  async function (this: W, count: number, factor: number) {
    const store = facet(this);
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    for (const name of names) store.aws.admin.secret(REGION, name, { string: store.value(name) });
    const timed = async (some: readonly string[]): Promise<number> => {
      store.parameters["objects"] = some
        .map((name) => `- {objectName: ${name}, objectType: secretsmanager}`)
        .join("\n");
      store.held = [];
      const began = this.clock.now();
      await store.mount();
      check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: store.outcome });
      return this.clock.now() - began;
    };
    const [one, all] = [await timed(names.slice(0, 1)), await timed(names)];
    check(all <= factor * one, `${count} secrets take at most ${factor} times as long as one`, {
      expected: `at most ${factor * one} ms`,
      got: `${all} ms`,
    });
  },
);
Then("the answer of the AWS provider brings {int} files", function (this: W, count: number) {
  const { outcome, answered } = facet(this);
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: outcome });
  checkSame(answered.length, count, "files in the answer");
});
Then("the AWS volume's versions are", function (this: W, table: DataTable) {
  const { outcome } = facet(this);
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: outcome });
  const got = outcome.versions.map(({ id, version }) => `${id} ${version}`).sort();
  checkSame(
    got,
    rowsOf(table)
      .map(({ id, version }) => `${id} ${version}`)
      .sort(),
    "object versions",
  );
});
Then("the AWS volume is empty", async function (this: W) {
  checkSame(
    (await facet(this).files()).map(({ path }) => path),
    [],
    "files of the volume",
  );
});
Then("the AWS mount succeeds without files", async function (this: W) {
  const { outcome } = facet(this);
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: outcome });
  checkSame(await facet(this).files(), [], "files of the volume");
});
Then("AWS was asked for", function (this: W, calls: string) {
  checkSame(
    facet(this).calls().sort(),
    calls
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean)
      .sort(),
    "calls to AWS",
  );
});
Then("AWS was asked {int} times for {string}", function (this: W, count: number, call: string) {
  checkSame(
    facet(this)
      .calls()
      .filter((one) => one.startsWith(call)).length,
    count,
    `calls of ${call}`,
  );
});
Then("AWS was not asked", function (this: W) {
  checkSame(facet(this).calls(), [], "calls to AWS");
});
Then("the AWS provider read from the API server", function (this: W, reads: string) {
  checkSame(
    facet(this).reads(),
    reads
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    "reads at the API server",
  );
});
Then("the AWS provider read nothing from the API server", function (this: W) {
  checkSame(facet(this).reads(), [], "reads at the API server");
});
Then(/^the AWS mount is refused, naming "((?:[^"\\]|\\.)*)"$/, async function (this: W, name: string) {
  await refused(this, (message) => message.includes(unescaped(name)), `a message naming ${name}`);
});
Then(
  /^the AWS mount is refused, naming "((?:[^"\\]|\\.)*)" and "((?:[^"\\]|\\.)*)"$/,
  async function (this: W, first: string, second: string) {
    const names = [unescaped(first), unescaped(second)];
    await refused(
      this,
      (message) => names.every((name) => message.includes(name)),
      `a message naming ${names.join(" and ")}`,
    );
  },
);
Then(/^the AWS mount is refused with "(.*)"$/, async function (this: W, text: string) {
  await refused(this, (message) => message === unescaped(text), unescaped(text));
});
Then("the AWS mount is refused", async function (this: W) {
  await refused(this, () => true, "a refusal");
});
const unescaped = (text: string): string => text.replaceAll('\\"', '"');
async function refused(world: W, holds: (message: string) => boolean, expected: string): Promise<void> {
  const { code, message } = facet(world).outcome;
  check(code === "Unknown" && holds(message), "the mount is refused, in words that help", {
    expected: `Unknown: ${expected}`,
    got: `${code}: ${message}`,
  });
}
Then("the AWS mount ends with {string}", function (this: W, code: string) {
  checkSame(facet(this).outcome.code, code, "how the mount ended");
});
Then("the AWS provider refuses each of these classes, naming", async function (this: W, table: DataTable) {
  await refuseEach(this, table, (message, text) => message.includes(text));
});
Then("the AWS provider refuses each of these classes with", async function (this: W, table: DataTable) {
  await refuseEach(this, table, (message, text) => message === text);
});
async function refuseEach(
  world: W,
  table: DataTable,
  agrees: (message: string, text: string) => boolean,
): Promise<void> {
  const store = facet(world);
  const base = { ...store.parameters };
  const wrong: { readonly objects: string; readonly expected: string; readonly got: string }[] = [];
  for (const { objects = "", parameters = "", text = "" } of rowsOf(table)) {
    const more = Object.fromEntries(
      parameters
        .split(" ")
        .filter(Boolean)
        .map((pair) => pair.split("=") as [string, string]),
    );
    for (const key of Object.keys(store.parameters)) delete store.parameters[key];
    Object.assign(store.parameters, base, more, { objects: objects.replaceAll("\\n", "\n").replaceAll("\\t", "\t") });
    await store.mount();
    const { code, message } = store.outcome;
    if (code !== "Unknown" || !agrees(message, text) || store.calls().length > 0)
      wrong.push({ objects, expected: text, got: `${code}: ${message} after ${store.calls().length} calls` });
  }
  checkSame(wrong, [], "classes that were not refused in these words before AWS was asked");
}
When("the driver asks the AWS provider for its version", async function (this: W) {
  await facet(this).askVersion();
});
Then("the AWS provider is called {string} and speaks {string}", function (this: W, name: string, version: string) {
  const { runtimeName, version: spoken } = facet(this).version;
  checkSame([runtimeName, spoken], [name, version], "the provider's name and what it speaks");
});
Given("the AWS provider runs as a process", async function (this: W) {
  await facet(this).process.start(await facet(this).kubeconfig());
});
When("the AWS provider's process is told to stop", async function (this: W) {
  await facet(this).process.stop();
});
When("the AWS provider's process starts where no cluster is", async function (this: W) {
  await facet(this).process.runWithoutCluster();
});
Then("the AWS provider's process ends with {int}", function (this: W, code: number) {
  checkSame(facet(this).process.exitCode, code, "the exit code");
});
Then("its AWS socket is gone", function (this: W) {
  check(!facet(this).process.hasSocket, "the socket is gone", { expected: "no socket", got: "a socket" });
});
When("{int} minutes go by for the AWS volume", async function (this: W, count: number) {
  await this.elapse(minutes(count));
});
