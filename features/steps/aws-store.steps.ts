import { Given } from "@cucumber/cucumber";
import { createCertificateAuthority, createSigningKey } from "../../net/index.ts";
import { api } from "../world/api.ts";
import { type AwsFacet, awsStore, NAMESPACE, REGION } from "../world/aws/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): AwsFacet => world.use(awsStore);

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
  facet(this).aws.admin.forgetSecret(region, name);
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
  await facet(this).servers.restore();
});
Given("AWS is down", function (this: W) {
  facet(this).servers.goDown();
});
Given("AWS shows a certificate of an unknown authority", async function (this: W) {
  const stranger = await this.run.once("somebody's CA", () =>
    createCertificateAuthority({ clock: this.run.clock, commonName: "somebody" }),
  );
  await facet(this).servers.replace(
    await stranger.issue({ commonName: "aws", dnsNames: [`*.${REGION}.amazonaws.com`] }),
  );
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
