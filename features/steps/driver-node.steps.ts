import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes, seconds } from "../../core/index.ts";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import type { Reply, Script } from "../../suite/parts/scripted-provider.ts";
import { Controller, Identity, Node } from "../../wire/gen/csi_pb.ts";
import { codeOfName, GrpcError, GrpcStatus } from "../../wire/grpc/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith, contentOf, fileRows, pathOf } from "../world/driver/answers.ts";
import { leaveDeadSocket } from "../world/driver/dead-socket.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const TOKENS = "csi.storage.k8s.io/serviceAccount.tokens";
const tokens = (name: string): string =>
  JSON.stringify({ vault: { token: `token-${name}`, expirationTimestamp: "2099-01-01T00:00:00Z" } });

// What stands before the call.

Given("the driver {string} on the node {string}", async function (this: W, driverName: string, nodeId: string) {
  Object.assign(this.use(driver).options, { driverName, nodeId });
  await this.use(driver).prepare();
});
Given(
  "a pod {string} with a volume of the SecretProviderClass {string}",
  async function (this: W, pod: string, name: string) {
    checkSame([pod, name], [POD, CLASS], "the pod and class of these cases");
    await this.use(driver).definePod();
    await this.use(driver).defineClass(name);
  },
);
Given("the pod has a second volume of the SecretProviderClass {string}", async function (this: W, name: string) {
  await this.use(driver).defineClass(name);
});
Given(
  "a SecretProviderClass {string} in the namespace {string}",
  async function (this: W, name: string, namespace: string) {
    await this.use(driver).defineClass(name, { namespace });
  },
);
Given("the SecretProviderClass is deleted", async function (this: W) {
  await this.use(driver).deleteClass();
});
Given("the SecretProviderClass has no provider", async function (this: W) {
  await this.use(driver).defineClass(CLASS, { spec: { parameters: { objects: "all" } } });
});
Given("the SecretProviderClass has no parameters", async function (this: W) {
  await this.use(driver).defineClass(CLASS, { spec: { provider: "scripted" } });
});
Given("the SecretProviderClass names the provider {string}", async function (this: W, provider: string) {
  await this.use(driver).defineClass(CLASS, { spec: { provider, parameters: { objects: "all" } } });
});
Given("the driver rotates every {int} minutes", function (this: W, count: number) {
  this.use(driver).options.rotationIntervalMs = minutes(count);
});
Given("the driver checks its providers' health every {int} minutes", function (this: W, count: number) {
  this.use(driver).options.healthCheckIntervalMs = minutes(count);
});
Given("the driver accepts answers of up to {int} MiB", function (this: W, size: number) {
  this.use(driver).options.maxAnswerBytes = size * 1024 * 1024;
});
Given("the driver may not write status objects", async function (this: W) {
  await this.use(driver).prepare();
  await this.use(driver).forbidStatuses();
});
Given("the driver is killed and leaves its socket behind", async function (this: W) {
  await this.use(driver).kill();
});
When("the driver is started again", async function (this: W) {
  await this.use(driver).start();
});
Given("a status object of the volume that another node wrote for another pod", async function (this: W) {
  const kube = this.use(api);
  await kube.put(SecretProviderClassPodStatuses, {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClassPodStatus",
    metadata: {
      name: `${POD}-${NAMESPACE}-${CLASS}`,
      namespace: NAMESPACE,
      labels: { "internal.secrets-store.csi.k8s.io/node-name": "node-9" },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: POD, uid: "00000000-0000-4000-8000-000000000000" }],
    },
    status: { podName: POD, secretProviderClassName: CLASS, targetPath: "/elsewhere", mounted: true },
  } as never);
});

// What the provider answers.

async function provides(world: W, ...scripts: Script[]): Promise<void> {
  const facet = world.use(driver);
  await facet.prepare();
  const provider = facet.provider().answers(...scripts);
  if (!provider.isRunning) await facet.startProvider();
}

Given(
  "a provider that returns the file {string} holding {string}",
  async function (this: W, path: string, text: string) {
    await provides(this, answerWith([{ path, text }]));
  },
);
Given(
  "a provider that returns the file {string} with the mode {word}",
  async function (this: W, path: string, mode: string) {
    await provides(this, answerWith([{ path, text: "first", mode }]));
  },
);
Given("a provider that returns the files:", async function (this: W, table: DataTable) {
  await provides(this, answerWith(fileRows(table, this.use(driver))));
});
Given(
  /^a provider that returns the file "good" holding "one" and a file at (.+)$/,
  async function (this: W, what: string) {
    await provides(
      this,
      answerWith([
        { path: "good", text: "one" },
        { path: pathOf(what), text: "bad" },
      ]),
    );
  },
);
Given(
  "a provider that returns the file {string} and the error code {string}",
  async function (this: W, path: string, code: string) {
    await provides(this, { ...answerWith([{ path, text: "first" }]), error: { code } } as Reply);
  },
);
Given("a provider that returns the file {string} without object versions", async function (this: W, path: string) {
  await provides(this, { ...answerWith([{ path, text: "first" }]), objectVersion: [] });
});
Given("a provider that returns a file of {int} MiB", async function (this: W, size: number) {
  const contents = randomBytes(size * 1024 * 1024);
  await provides(this, {
    files: [{ path: "large", mode: 0o644, contents }],
    objectVersion: [{ id: "a", version: "1" }],
  });
});
Given("a provider that returns two files of the same version, a new one at each call", async function (this: W) {
  let version = 0;
  await provides(this, (): Reply => {
    const text = `${++version}`.repeat(10_000);
    return answerWith([
      { path: "a", text },
      { path: "b", text },
    ]);
  });
});
Given("a provider that answers {string} with {string}", async function (this: W, code: string, text: string) {
  await provides(this, new GrpcError(codeOfName(code) ?? GrpcStatus.UNKNOWN, text));
});
Given(
  "a provider that answers {string} {int} times before it returns the file {string}",
  async function (this: W, code: string, times: number, path: string) {
    const refusal = new GrpcError(codeOfName(code) ?? GrpcStatus.UNKNOWN, "not yet");
    await provides(this, ...Array.from({ length: times }, () => refusal), answerWith([{ path, text: "first" }]));
  },
);
Given("a provider that writes the file {string} into the target path itself", async function (this: W, name: string) {
  await provides(this, ({ targetPath }): Reply => {
    writeFileSync(join(targetPath, name), "written by the provider");
    return { files: [], objectVersion: [{ id: "a", version: "1" }] };
  });
});
Given(
  "the provider serves in both provider directories, with {string} in the one and {string} in the additional one",
  async function (this: W, first: string, second: string) {
    await provides(this, answerWith([{ path: "password", text: first }]));
    (await this.use(driver).additionalProvider()).answers(answerWith([{ path: "password", text: second }]));
  },
);
Given("the provider is stopped", async function (this: W) {
  await this.use(driver).provider().stop();
});
When("the provider is started again", async function (this: W) {
  await this.use(driver).provider().start();
});
Given("a provider socket on which nobody listens", async function (this: W) {
  await this.use(driver).provider().stop();
  await leaveDeadSocket(join(this.use(driver).providerFolder, "scripted.sock"));
});

// What kubelet sends and does.

Given("kubelet sends the tokens {string} in the volume context", function (this: W, name: string) {
  this.use(driver).sendContext(TOKENS, tokens(name));
});
Given("kubelet sends the tokens {string} in the secrets", function (this: W, name: string) {
  this.use(driver).sendSecrets({ [TOKENS]: tokens(name) });
});
Given("kubelet sends the secrets:", function (this: W, table: DataTable) {
  this.use(driver).sendSecrets(table.rowsHash());
});
When("kubelet publishes the volume", async function (this: W) {
  await this.use(driver).publish();
});
Given("kubelet has published the volume", async function (this: W) {
  const { code, message } = await this.use(driver).publish();
  check(code === "OK", "the first publish succeeds", { expected: "OK", got: `${code} ${message}` });
});
Given("kubelet has tried to publish the volume", async function (this: W) {
  const { code } = await this.use(driver).publish();
  check(code !== "OK", "the first publish fails", { expected: "a failure", got: code });
});
When("kubelet publishes the second volume", async function (this: W) {
  await this.use(driver).publish({ volume: "more" });
});
When("kubelet publishes the volume read-write", async function (this: W) {
  await this.use(driver).publish({ readonly: false });
});
When("kubelet publishes the volume with a deadline of {int} seconds", async function (this: W, count: number) {
  this.use(driver).began = this.clock.now();
  await this.use(driver).publish({ deadlineMs: seconds(count) });
});
When("kubelet publishes the volume without {string}", async function (this: W, missing: string) {
  await this.use(driver).publish({ without: listed(missing) });
});
When("kubelet unpublishes the volume", async function (this: W) {
  await this.use(driver).unpublish();
});
When("kubelet unpublishes the volume without {string}", async function (this: W, missing: string) {
  await this.use(driver).unpublish(listed(missing));
});
When("kubelet calls {string}", async function (this: W, call: string) {
  await this.use(driver).call(serviceOf(call), methodOf(call), stagingRequest(this, []));
});
When("kubelet calls {string} without {string}", async function (this: W, call: string, missing: string) {
  await this.use(driver).call(serviceOf(call), methodOf(call), stagingRequest(this, listed(missing)));
});
When("{int} minutes pass", async function (this: W, count: number) {
  await this.elapse(minutes(count));
});
When(
  'kubelet republishes the volume {int} times while a reader reads it through "..data"',
  async function (this: W, times: number) {
    const facet = this.use(driver);
    for (let round = 0; round < times; round++) {
      await this.elapse(minutes(2));
      const publishing = facet.publish();
      facet.observe();
      await publishing;
      facet.observe();
    }
  },
);
Given("the volume already holds a plain file {string}", function (this: W, name: string) {
  const facet = this.use(driver);
  check(facet.exists(), "the published volume is there", { expected: "a directory", got: "none" });
  facet.putPlainFile(name);
});

function listed(text: string): string[] {
  return text.split(/, | and /).map((part) => part.trim());
}
function serviceOf(call: string): typeof Node | typeof Identity | typeof Controller {
  if (["GetPluginInfo", "GetPluginCapabilities", "Probe"].includes(call)) return Identity;
  return call.startsWith("Node") ? Node : Controller;
}
function methodOf(call: string): string {
  return call.charAt(0).toLowerCase() + call.slice(1);
}
function stagingRequest(world: W, without: readonly string[]): object {
  const folder = world.use(driver).providerFolder;
  return {
    ...(!without.includes("volume id") && { volumeId: "csi-1" }),
    ...(!without.includes("staging path") && { stagingTargetPath: folder }),
    ...(!without.includes("volume capability") && { volumeCapability: { accessType: { case: "mount", value: {} } } }),
    volumePath: folder,
  };
}

// What came of it.

Then("the publish succeeds", succeeded);
Then("the unpublish succeeds", succeeded);
Then("the call succeeds", succeeded);
function succeeded(this: W): void {
  const { code, message } = this.use(driver).last;
  check(code === "OK", "the call succeeds", { expected: "OK", got: `${code} ${message}` });
}
Then("the publish fails with {string}", failedWith);
Then("the unpublish fails with {string}", failedWith);
Then("the call fails with {string}", failedWith);
function failedWith(this: W, code: string): void {
  const { last } = this.use(driver);
  check(last.code === code, "the call fails with that code", { expected: code, got: `${last.code} ${last.message}` });
}
Then(/^the failure says "(.*)"$/, function (this: W, text: string) {
  const wanted = text.replaceAll('\\"', '"');
  const { message } = this.use(driver).last;
  check(message.includes(wanted), "the failure's text", { expected: wanted, got: message });
});
Then("the answer's {string} is {string}", function (this: W, field: string, value: string) {
  const found = this.use(driver).last.reply?.[field];
  checkSame(
    typeof found === "object" ? String((found as { value?: unknown } | null)?.value) : String(found),
    value,
    `${field} of the answer`,
  );
});
Then("the answer's {string} is not empty", function (this: W, field: string) {
  const found = String(this.use(driver).last.reply?.[field] ?? "");
  check(found !== "", `${field} of the answer`, { expected: "a text", got: found });
});
Then("the answer advertises nothing", function (this: W) {
  checkSame(this.use(driver).last.reply?.["capabilities"], [], "capabilities");
});
Then("the answer advertises exactly {string}", function (this: W, name: string) {
  checkSame(this.use(driver).advertised(), [name], "capabilities");
});
Then("the answer has no topology and no volume limit", function (this: W) {
  const { accessibleTopology, maxVolumesPerNode } = this.use(driver).last.reply ?? {};
  checkSame([accessibleTopology, Number(maxVolumesPerNode)], [undefined, 0], "topology and volume limit");
});
Then("{int} seconds have passed", function (this: W, count: number) {
  checkSame(this.clock.now() - this.use(driver).began, seconds(count), "time until the answer");
});

Then("the target path is not a mount", function (this: W) {
  check(!this.use(driver).isMounted(), "nothing is mounted at the target path", {
    expected: "no mount",
    got: "a mount",
  });
});
Then("the target path is a tmpfs mount", function (this: W) {
  if (this.use(driver).mounts !== "tmpfs") this.skip("mount(2) is refused here: the driver uses plain folders");
  check(this.use(driver).isMounted(), "a tmpfs is mounted at the target path", { expected: "a mount", got: "none" });
});
Then("the target path does not exist", function (this: W) {
  check(!this.use(driver).exists(), "the target path is not there", { expected: "no directory", got: "a directory" });
});
Then("the volume holds exactly the files:", function (this: W, table: DataTable) {
  const facet = this.use(driver);
  const wanted = table
    .hashes()
    .map((row) => ({ path: pathOf(row["path"] ?? ""), digest: facet.digest(contentOf(row["content"] ?? "", facet)) }));
  const got = facet.files().map(({ path, content }) => ({ path, digest: facet.digest(content) }));
  const sorted = wanted.sort((a, b) => (a.path < b.path ? -1 : 1));
  checkSame(got, sorted, "the volume's files");
});
Then("the volume holds the files with the modes:", function (this: W, table: DataTable) {
  const wanted = table.hashes().map(({ path, mode }) => `${path} ${mode}`);
  const got = this.use(driver)
    .files()
    .map(({ path, mode }) => `${path} ${mode.toString(8).padStart(4, "0")}`);
  checkSame(got, wanted.sort(), "the files' modes");
});
Then("the volume holds the file {string} with {string}", function (this: W, path: string, text: string) {
  holds(this, "vol", path, text);
});
Then("the second volume holds the file {string} with {string}", function (this: W, path: string, text: string) {
  holds(this, "more", path, text);
});
function holds(world: W, volume: string, path: string, text: string): void {
  const facet = world.use(driver);
  const found = facet.files(volume).find((file) => file.path === path);
  checkSame(
    found === undefined ? "no file" : facet.digest(found.content),
    facet.digest(Buffer.from(text)),
    `the file "${path}"`,
  );
}
Then('every name at the top of the volume is a link through "..data"', function (this: W) {
  checkSame(this.use(driver).strayNames(), [], "names that are no links through ..data");
});
Then("nothing was written outside the volume", function (this: W) {
  checkSame(this.use(driver).strays(), [], "files outside of the volume");
});
Then("the volume was not touched by the second publish", function (this: W) {
  const { touches } = this.use(driver);
  checkSame(touches.at(-1), touches.at(-2), "..data and the time of the volume's directory");
});
Then("the plain file {string} is still there", function (this: W, name: string) {
  check(this.use(driver).isPlainFile(name), "the plain file is kept", {
    expected: name,
    got: "no plain file of that name",
  });
});
Then("the reader saw whole files of one version each time", function (this: W) {
  const { observed } = this.use(driver);
  check(observed.length > 0, "the reader read something", { expected: "readings", got: observed.length });
  const mixed = observed.filter(([a, b]) => a !== b || a?.length === 0 || new Set(a).size > 2);
  checkSame(mixed.length, 0, "readings with half a file or two versions");
});

Then("the provider was not called", function (this: W) {
  checkSame(this.use(driver).provider().mounts.length, 0, "Mount calls");
});
Then("the provider was called once", function (this: W) {
  checkSame(this.use(driver).provider().mounts.length, 1, "Mount calls");
});
Then("the provider was called {int} times", function (this: W, count: number) {
  checkSame(this.use(driver).provider().mounts.length, count, "Mount calls");
});
Then("the provider was asked with the permission {string}", function (this: W, permission: string) {
  checkSame(asked(this).permission, permission, "permission");
});
Then("the provider was asked with the secrets {string}", function (this: W, secrets: string) {
  checkSame(asked(this).secrets, secrets, "secrets");
});
Then("the provider was asked with exactly these secrets", function (this: W) {
  const { digest, sentSecrets } = this.use(driver);
  const secrets = (JSON.parse(asked(this).secrets) ?? {}) as Record<string, string>;
  const shown = (map: Readonly<Record<string, string>>): string[] =>
    Object.entries(map).map(([key, value]) => `${key} ${digest(Buffer.from(value))}`);
  checkSame(shown(secrets).sort(), shown(sentSecrets).sort(), "secrets");
});
Then("the provider was asked for the volume's own target path", function (this: W) {
  checkSame(asked(this).targetPath, this.use(driver).target(), "target path");
});
Then("the provider was asked without object versions", function (this: W) {
  checkSame(asked(this).currentObjectVersion.length, 0, "object versions");
});
Then("the provider was asked with the authority {string}", function (this: W, authority: string) {
  checkSame(this.use(driver).provider().mounts.at(-1)?.authority, authority, "authority");
});
Then(
  "the provider was asked for its version {int} times with {string}",
  function (this: W, count: number, version: string) {
    const versions = this.use(driver)
      .provider()
      .calls.flatMap((call) => (call.method === "Version" ? [call.request.version] : []));
    checkSame(
      versions,
      Array.from({ length: count }, () => version),
      "Version calls",
    );
  },
);
Then("the provider's attributes hold the tokens {string}", function (this: W, name: string) {
  checkSame(attributes(this)[TOKENS], tokens(name), "tokens in the attributes");
});
Then("the provider's attributes hold no tokens", function (this: W) {
  checkSame(TOKENS in attributes(this), false, "tokens in the attributes");
});
Then("the provider's secrets hold the tokens {string}", function (this: W, name: string) {
  checkSame((JSON.parse(asked(this).secrets) as Record<string, string>)[TOKENS], tokens(name), "tokens in the secrets");
});
function asked(world: W) {
  const request = world.use(driver).provider().mounts.at(-1)?.request;
  check(request !== undefined, "the provider was called", { expected: "a Mount call", got: "none" });
  return request;
}
function attributes(world: W): Record<string, string> {
  return JSON.parse(asked(world).attributes) as Record<string, string>;
}

Then(
  "the metric {string} with {string} counts {int}",
  async function (this: W, name: string, label: string, count: number) {
    const lines = (await this.use(driver).metric(name)).split("\n").filter((line) => line.includes(`"${label}"`));
    checkSame(
      lines.map((line) => Number(line.split(" ").at(-1))),
      [count],
      `${name} with ${label}`,
    );
  },
);
Then("the status object {string} exists", async function (this: W, name: string) {
  check((await this.use(driver).status(name)) !== undefined, "the status object is there", {
    expected: name,
    got: "none",
  });
});
Then("the status object is named {string} and belongs to the pod alone", async function (this: W, name: string) {
  const status = await this.use(driver).status(name);
  const owners = status?.metadata.ownerReferences?.map(({ kind, name: owner, uid }) => `${kind} ${owner} ${uid}`);
  checkSame(owners, [`Pod ${POD} ${this.use(driver).podUid}`], "owners of the status object");
});
Then("the status object is labelled with the node", async function (this: W) {
  const status = await this.use(driver).status(`${POD}-${NAMESPACE}-${CLASS}`);
  checkSame(status?.metadata.labels?.["internal.secrets-store.csi.k8s.io/node-name"], "node-0", "label of the node");
});
Then("the status object lists, in this order:", async function (this: W, table: DataTable) {
  const status = await this.use(driver).status(`${POD}-${NAMESPACE}-${CLASS}`);
  checkSame(
    (status?.["status"] as { objects?: unknown } | undefined)?.objects,
    table.hashes(),
    "objects of the status",
  );
});
Then("the API server was not asked for anything meanwhile", function (this: W) {
  const asked = this.journal.entries({ seam: "kube-api", since: this.use(driver).mark });
  checkSame(
    asked.map(({ operation }) => operation),
    [],
    "requests to the API server",
  );
});
Then("the driver never asked the API server for a token", function (this: W) {
  const asked = this.journal
    .entries({ seam: "kube-api", operation: /\/token$/ })
    .filter(({ detail }) => String(detail["caller"]).includes("secrets-store-csi-driver"));
  checkSame(
    asked.map(({ operation }) => operation),
    [],
    "token requests of the driver",
  );
});
