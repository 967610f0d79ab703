import { Given, Then } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { CSIDrivers, Events, Secrets } from "../../kube/index.ts";
import type { Reply } from "../../wire/scripted-provider.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith } from "../world/driver/answers.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import { secrets } from "../world/driver/secrets.ts";
import { TOKENS } from "../world/driver/tokens.ts";
import type { MountproofWorld as W } from "../world.ts";

const STATUSES = "*/secretproviderclasspodstatuses*";

// What the volume follows.

Given(
  "the driver rotates every {int} minutes and returns the errors of a republish",
  function (this: W, count: number) {
    Object.assign(this.use(driver).options, { rotationIntervalMs: this.minutes(count), returnsRepublishErrors: true });
  },
);
Given(
  "the rotated volume is synced to the Secret {string} with the key {string} from {string}",
  async function (this: W, secretName: string, key: string, objectName: string) {
    const { objects } = this.use(driver);
    await objects.install({ ...this.use(driver).values, syncSecret: { enabled: true } });
    const secretObjects = [{ secretName, type: "Opaque", data: [{ objectName, key }] }];
    await objects.defineClass(CLASS, { spec: { provider: "scripted", parameters: { objects: "all" }, secretObjects } });
  },
);
Given("the SecretProviderClass names the objects {string}", async function (this: W, names: string) {
  const spec = { provider: "scripted", parameters: { objects: names } };
  await this.use(driver).objects.defineClass(CLASS, { spec });
  await this.elapse(0); // who watches has seen it
});
Given("a provider that returns a file for each object that the SecretProviderClass names", async function (this: W) {
  await this.use(driver).provides(({ attributes }): Reply => {
    const names = (JSON.parse(attributes) as Record<string, string>)["objects"]?.split(",") ?? [];
    return answerWith(names.map((name) => ({ path: name, text: `of ${name}`, id: name, version: "1" })));
  });
});
Given(
  "a provider that returns {string} holding {string} under the version {string}",
  async function (this: W, path: string, text: string, version: string) {
    await this.use(driver).provides(answerWith([{ path, text, id: "a", version }]));
  },
);
Given("the pod's volume names the nodePublishSecretRef {string}, which has no label", async function (this: W, name) {
  await this.use(driver).objects.putSecret(name, { user: "u" });
  await this.use(driver).definePodWith({ nodePublishSecretRef: { name } });
});
Given("the CSIDriver wants tokens for the audience {string}", async function (this: W, audience: string) {
  await this.use(driver).prepare();
  const admin = await this.use(api).admin();
  await admin.patch(CSIDrivers, { name: "secrets-store.csi.k8s.io" }, "merge", {
    spec: { tokenRequests: [{ audience }] },
  });
});
Given("the API server refuses writes of status objects", function (this: W) {
  for (const method of ["POST", "PUT"])
    this.use(api).faults.add({ match: { method, path: STATUSES }, effect: { kind: "status", status: 500 } });
});
Given("the API server accepts writes of status objects again", function (this: W) {
  this.use(api).faults.clear();
});

// What came of it.

Then("nothing was written to the API server by the last publish", function (this: W) {
  const written = this.journal
    .entries({ seam: "kube-api", since: this.use(driver).mark })
    .filter(({ detail }) => !["get", "list", "watch"].includes(String(detail["verb"])));
  checkSame(
    written.map(({ operation }) => operation),
    [],
    "writes to the API server",
  );
});
Then(
  "the pod has a {word} event {string} that says {string}",
  async function (this: W, type: string, reason: string, text: string) {
    await this.elapse(0);
    const { items } = await (await this.use(api).admin()).list(Events, { namespace: NAMESPACE });
    const told = items.filter(
      (event) =>
        event["type"] === type &&
        event["reason"] === reason &&
        (event["involvedObject"] as { name?: string } | undefined)?.name === POD,
    );
    check(
      told.some((event) => String(event["message"]).includes(text)),
      "an event of the pod",
      {
        expected: `${type} ${reason}: ${text}`,
        got: items.map((event) => `${event["type"]} ${event["reason"]}: ${event["message"]}`).join("; ") || "no event",
      },
    );
  },
);
Then("the pod's event {string} counts {int}", async function (this: W, reason: string, count: number) {
  await this.elapse(0);
  const { items } = await (await this.use(api).admin()).list(Events, { namespace: NAMESPACE });
  const told = items.filter((event) => event["reason"] === reason);
  checkSame(
    told.map((event) => event["count"]),
    [count],
    `counts of the events "${reason}"`,
  );
});
async function keyOf(world: W, name: string, key: string): Promise<string> {
  const secret = await (await world.use(api).admin()).find(Secrets, name, NAMESPACE);
  const data = (secret?.["data"] ?? {}) as Record<string, string>;
  return secret === undefined ? "no Secret" : world.use(driver).digest(Buffer.from(data[key] ?? "", "base64"));
}
Then(
  "the rotated Secret {string} holds {string} with {string}",
  async function (this: W, name: string, key: string, text: string) {
    const { digest } = this.use(driver);
    checkSame(await keyOf(this, name, key), digest(Buffer.from(text)), `the key "${key}" of the Secret "${name}"`);
  },
);
Then(
  "within {int} minutes the rotated Secret {string} holds {string} with {string}",
  { timeout: minutes(7) },
  async function (this: W, count: number, name: string, key: string, text: string) {
    const wanted = this.use(driver).digest(Buffer.from(text));
    await this.use(secrets).eventually(async () => (await keyOf(this, name, key)) === wanted, minutes(count));
    checkSame(await keyOf(this, name, key), wanted, `the key "${key}" of the Secret "${name}"`);
  },
);
Then("the volume is empty", function (this: W) {
  checkSame(
    this.use(driver)
      .volumes.files()
      .map(({ path }) => path),
    [],
    "the volume's files",
  );
});
Then("the provider was asked with the object versions {string}", function (this: W, versions: string) {
  const asked = this.use(driver).provider().mounts.at(-1)?.request.currentObjectVersion ?? [];
  checkSame(asked.map(({ id, version }) => `${id}=${version}`).join(","), versions, "object versions");
});
Then("the provider's attributes hold neither {string} nor {string}", function (this: W, first: string, second: string) {
  const { mounts } = this.use(driver).provider();
  check(mounts.length > 1, "the provider was asked again", { expected: "two calls", got: mounts.length });
  const attributes = JSON.parse(mounts.at(-1)?.request.attributes ?? "{}") as Record<string, string>;
  checkSame(
    [first, second].filter((name) => name in attributes),
    [],
    "attributes of the last call",
  );
});
Then("the provider's attributes hold a token for the audience {string}", function (this: W, audience: string) {
  const { attributes = "{}" } = this.use(driver).provider().mounts.at(-1)?.request ?? {};
  const tokens = JSON.parse((JSON.parse(attributes) as Record<string, string>)[TOKENS] ?? "{}") as Record<
    string,
    unknown
  >;
  checkSame(Object.keys(tokens), [audience], "audiences of the tokens");
});
