import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { StatusSchema } from "../../wire/gen/google_rpc_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { grpcClient } from "../../wire/grpc/index.ts";
import { check, checkSame } from "../check.ts";
import { ACCOUNT, type GcpFacet, googleStore, MEMBER, NAMESPACE, POOL } from "../world/gcp/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): GcpFacet => world.use(googleStore);

// Mounting.

When("the Google volume is mounted", mounted);
When("the Google volume is mounted again", mounted);
async function mounted(this: W): Promise<void> {
  await facet(this).mount();
}
When("the driver asks Google's provider for its version", async function (this: W) {
  await facet(this).provider.askVersion();
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
    const told = facet(this).provider.version;
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
  await store.process.start(await store.ownConfig(), store.servers.resolver, {
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
