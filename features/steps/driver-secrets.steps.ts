import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes, seconds } from "../../core/index.ts";
import { type OwnerReference, SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith } from "../world/driver/answers.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import { type Secret, secrets } from "../world/driver/secrets.ts";
import type { MountproofWorld as W } from "../world.ts";

const MANAGED = "secrets-store.csi.k8s.io/managed";
/** A patcher comes by every five seconds, and two are given to it. */
const OWNERS_WITHIN_MS = seconds(11);
/** Long enough for anything that is to happen after a publish; and for what is not to happen. */
const SOON_MS = seconds(3);

const CERTIFICATES = new URL("../../driver/sync/tls/fixtures/certificates.json", import.meta.url);
const certificate = (name: string): Buffer => {
  const text = (JSON.parse(readFileSync(CERTIFICATES, "utf8")) as Record<string, string>)[name] ?? "";
  return name.endsWith(".pfx") ? Buffer.from(text, "base64") : Buffer.from(text);
};

// What is asked for.

Given("the driver may write Secrets", async function (this: W) {
  await this.use(driver).prepare();
  await this.use(driver).objects.allowSecrets();
});
Given("the driver may not write Secrets after all", async function (this: W) {
  await this.use(driver).objects.forbidSecrets();
});
Given("the pod has a second volume that is published first", async function (this: W) {
  await this.use(driver).publish({ volume: "more" });
  await this.elapse(seconds(1));
});
Given(
  "the SecretProviderClass asks for the Secret {string} with:",
  async function (this: W, name: string, table: DataTable) {
    const rows = table.hashes();
    const type = rows[0]?.["type"];
    const data = rows.map((row) => ({ objectName: row["objectName"] ?? "", key: row["key"] ?? "" }));
    await this.use(secrets).want({ secretName: name, ...(type !== undefined && type !== "" && { type }), data });
  },
);
Given(
  "the SecretProviderClass asks for the Secret {string} of the type {string} with the key {string} from {string}",
  async function (this: W, secretName: string, type: string, key: string, objectName: string) {
    await this.use(secrets).want({ secretName, type, data: [{ objectName, key }] });
  },
);
Given(
  "the SecretProviderClass asks for the Secret {string} with the label {string} and the annotation {string}",
  async function (this: W, secretName: string, label: string, annotation: string) {
    await this.use(secrets).want({
      secretName,
      type: "Opaque",
      labels: pair(label),
      annotations: pair(annotation),
      data: [{ objectName: "password", key: "password" }],
    });
  },
);
Given(
  "the SecretProviderClass {string} asks for the Secret {string}",
  async function (this: W, className: string, secretName: string) {
    const data = [{ objectName: "password", key: "password" }];
    await this.use(secrets).wantThese(className, [{ secretName, type: "Opaque", data }]);
  },
);
Given(
  "a provider that returns the file {string} made of {string}",
  async function (this: W, path: string, parts: string) {
    const content = Buffer.concat(parts.split(", ").map(certificate));
    const facet = this.use(driver);
    await facet.prepare();
    facet.provider().answers(answerWith([{ path, content }]));
    if (!facet.provider().isRunning) await facet.startProvider();
  },
);

// Who mounts it.

const replicaSet = (name: string, uid: string): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name,
  uid,
});
Given(
  "the pod belongs to the ReplicaSet {string} with the UID {string}",
  async function (this: W, name: string, uid: string) {
    await this.use(driver).definePod({ name: `${POD}-${uid.slice(-4)}`, owner: replicaSet(name, uid) });
    await this.elapse(seconds(1));
  },
);
Given("the pod has {word}", async function (this: W, phase: string) {
  await this.use(secrets).setPhase(phase);
});
Given("the pod is being deleted", async function (this: W) {
  await this.use(secrets).terminatePod();
});
Given("a status object of a pod whose SecretProviderClass is gone", async function (this: W) {
  await putStatus(this, "lost", { podName: POD, secretProviderClassName: "gone" });
  await this.elapse(seconds(1));
});
Given("a status object of another node for this pod", async function (this: W) {
  await putStatus(this, `${POD}-${NAMESPACE}-${CLASS}`, { podName: POD, secretProviderClassName: CLASS }, "node-9");
});
When(
  "a status object of this pod names the volume of another pod, which holds {string}",
  async function (this: W, text: string) {
    const { volumes, podUid } = this.use(driver);
    await forgeStatus(this, volumes.target().replace(podUid, "00000000-0000-4000-8000-000000000000"), text);
  },
);

/** A folder that looks like a volume, and a status object that leads there. */
async function forgeStatus(world: W, targetPath: string, text: string): Promise<void> {
  mkdirSync(targetPath, { recursive: true });
  writeFileSync(join(targetPath, "password"), text);
  const status = { podName: POD, secretProviderClassName: CLASS, targetPath };
  await putStatus(world, `${POD}-${NAMESPACE}-${CLASS}`, status);
}

async function putStatus(world: W, name: string, status: object, node = "node-0"): Promise<void> {
  await world.use(api).put(SecretProviderClassPodStatuses, {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClassPodStatus",
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { "internal.secrets-store.csi.k8s.io/node-name": node },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: POD, uid: world.use(driver).podUid }],
    },
    status: { targetPath: world.use(driver).volumes.target(), mounted: true, ...status },
  } as never);
}

// What others do with Secrets.

Given(
  "a Secret {string} of the type {string} that somebody else made",
  async function (this: W, name: string, type: string) {
    await this.use(secrets).put({
      type,
      metadata: { name, namespace: NAMESPACE, labels: { mine: "yes" } },
      data: { old: "b2xk" },
    });
  },
);
When("somebody deletes the Secret {string}", async function (this: W, name: string) {
  await this.use(secrets).delete(name);
});
When("{int} seconds pass", async function (this: W, count: number) {
  await this.elapse(seconds(count));
});

// What there is in the end.

Then(
  "there is a Secret {string} of the type {string} with:",
  async function (this: W, name: string, type: string, table: DataTable) {
    const secret = await present(this, name, SOON_MS);
    checkSame(secret.type, type, `type of the Secret ${name}`);
    checkSame(decoded(secret), table.rowsHash(), `data of the Secret ${name}`);
  },
);
Then("the Secret {string} is there at once", async function (this: W, name: string) {
  check((await this.use(secrets).find(name)) !== undefined, "the Secret stands when the publish returns", {
    expected: name,
    got: "none",
  });
});
Then(
  "there is a Secret {string} within {int} minutes",
  { timeout: minutes(7) },
  async function (this: W, name: string, count: number) {
    await present(this, name, minutes(count));
  },
);
Then("the Secret {string} has the label {string}", async function (this: W, name: string, label: string) {
  const [key = "", value] = label.split("=");
  const secret = await present(this, name, SOON_MS, ({ metadata }) => metadata.labels?.[key] === value);
  checkSame(secret.metadata.labels?.[key], value, `label ${key} of the Secret ${name}`);
});
Then("the Secret {string} has the annotation {string}", async function (this: W, name: string, annotation: string) {
  const [key = "", value] = annotation.split("=");
  const secret = await present(this, name, SOON_MS, ({ metadata }) => metadata.annotations?.[key] === value);
  checkSame(secret.metadata.annotations?.[key], value, `annotation ${key} of the Secret ${name}`);
});
Then("the Secret {string} is marked as the driver's", async function (this: W, name: string) {
  const secret = await present(this, name, SOON_MS, ({ metadata }) => metadata.labels?.[MANAGED] === "true");
  checkSame(secret.metadata.labels?.[MANAGED], "true", `label ${MANAGED}`);
});
Then("the Secret {string} never holds {string}", async function (this: W, name: string, text: string) {
  const facet = this.use(secrets);
  const isHeld = async (): Promise<boolean> =>
    Object.values(decoded((await facet.find(name)) ?? ({} as Secret))).includes(text);
  check(!(await facet.eventually(isHeld, SOON_MS)), "nothing of another pod's volume shows", {
    expected: "the pod's own content, or none",
    got: "the other volume's content",
  });
});
Then("there is no Secret {string}", async function (this: W, name: string) {
  await this.elapse(SOON_MS);
  const secret = await this.use(secrets).find(name);
  check(secret === undefined, "there is no such Secret", { expected: "none", got: secret?.metadata.name });
});
Then("the Secret {string} is as somebody else made it", async function (this: W, name: string) {
  await this.elapse(SOON_MS);
  const secret = await this.use(secrets).find(name);
  checkSame([secret?.data, secret?.metadata.labels], [{ old: "b2xk" }, { mine: "yes" }], `the Secret ${name}`);
});
Then("the Secret {string} belongs to {string}", async function (this: W, name: string, owners: string) {
  const facet = this.use(secrets);
  const seen = async (): Promise<string> => {
    const found = await facet.find(name);
    return (found?.metadata.ownerReferences ?? [])
      .map(({ kind, name: of, uid }) => `${kind} ${of} ${shownUid(uid)}`.trim())
      .sort()
      .join(", ");
  };
  await present(this, name, SOON_MS);
  await facet.eventually(async () => (await seen()) === owners, OWNERS_WITHIN_MS);
  checkSame(await seen(), owners, `owners of the Secret ${name}`);
});
Then(
  "the Secret {string} holds the certificates {string} in this order",
  async function (this: W, name: string, parts: string) {
    const secret = await present(this, name, SOON_MS);
    const expected = parts.split(", ").map((part) => certificate(part).toString());
    const got = decoded(secret)["tls.crt"] ?? "";
    checkSame(certificatesOf(got), expected, "the certificates of tls.crt");
  },
);
Then(
  "the Secret {string} holds a private key that begins with {string}",
  async function (this: W, name: string, label: string) {
    const secret = await present(this, name, SOON_MS);
    checkSame(
      (decoded(secret)["tls.key"] ?? "").split("\n")[0],
      `-----BEGIN ${label}-----`,
      "the first line of tls.key",
    );
  },
);
Then("the private key of the Secret {string} is empty", async function (this: W, name: string) {
  const secret = await present(this, name, SOON_MS);
  checkSame(decoded(secret)["tls.key"], "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "tls.key");
});
const FAILED = "Warning FailedToCreateSecret: ";
Then("the pod is told that a Secret failed: {string}", async function (this: W, text: string) {
  const facet = this.use(secrets);
  const isTold = async (): Promise<boolean> =>
    (await facet.events()).some((event) => event.startsWith(FAILED) && event.includes(text));
  await facet.eventually(isTold, SOON_MS);
  check(await isTold(), "the pod is told", { expected: `${FAILED}…${text}…`, got: await facet.events() });
});
Then("the pod is not told that a Secret failed", async function (this: W) {
  await this.elapse(SOON_MS);
  const told = (await this.use(secrets).events()).filter((event) => event.startsWith(FAILED));
  checkSame(told, [], "events of the pod");
});
Then("no Secret was written meanwhile", async function (this: W) {
  await this.elapse(SOON_MS);
  checkSame(this.use(secrets).writes(this.use(driver).mark), [], "writes of Secrets since kubelet's last call");
});
Then("one Secret was written meanwhile, once", async function (this: W) {
  await this.elapse(SOON_MS);
  checkSame(this.use(secrets).writes(this.use(driver).mark).length, 1, "writes of Secrets since kubelet's last call");
});

/** Waits for the Secret to be there, and as it is to be: one that was there before is changed a moment later. */
async function present(
  world: W,
  name: string,
  ms: number,
  isAsWanted: (secret: Secret) => boolean = () => true,
): Promise<Secret> {
  const facet = world.use(secrets);
  await facet.eventually(async () => {
    const found = await facet.find(name);
    return found !== undefined && isAsWanted(found);
  }, ms);
  const secret = await facet.find(name);
  check(secret !== undefined, "the Secret is there", { expected: name, got: "none" });
  return secret;
}

function decoded({ data = {} }: Secret): Record<string, string> {
  const values = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
  return Object.fromEntries(values) as Record<string, string>;
}

/** The blocks alone: what a PFX calls its certificates may stand above them. */
function certificatesOf(pem: string): string[] {
  return [...pem.matchAll(/-----BEGIN CERTIFICATE-----\n(?:[^-\n]+: .*\n\n?)*([^-]+)-----END CERTIFICATE-----\n/g)].map(
    ([, body = ""]) => `-----BEGIN CERTIFICATE-----\n${body}-----END CERTIFICATE-----\n`,
  );
}

function pair(text: string): Record<string, string> {
  const [key = "", value = ""] = text.split("=");
  return { [key]: value };
}

/** UIDs that a scenario chose are part of what it says; others are new each time. */
function shownUid(uid: string): string {
  return /^uid-/.test(uid) ? uid : "";
}
