import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { check, checkSame } from "../check.ts";
import { type AwsFacet, awsStore, REGION } from "../world/aws/index.ts";
import type { StoreOutcome } from "../world/store-provider/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): AwsFacet => world.use(awsStore);
const told = ({ code, message }: StoreOutcome): string => `${code} ${message}`;
const rowsOf = (table: DataTable): Record<string, string>[] => table.hashes();

// Mounting.

When("the AWS volume is mounted", mounted);
When("the AWS volume is mounted again", mounted);
async function mounted(this: W): Promise<void> {
  await facet(this).mount();
}

// What came of it.

Then("the AWS volume holds", async function (this: W, table: DataTable) {
  const store = facet(this);
  check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(store.outcome) });
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
  check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(store.outcome) });
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
      check(store.outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(store.outcome) });
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
  const { outcome } = facet(this);
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(outcome) });
  checkSame(outcome.files.length, count, "files in the answer");
});
Then("the AWS volume's versions are", function (this: W, table: DataTable) {
  const { outcome } = facet(this);
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(outcome) });
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
  check(outcome.code === "OK", "the mount succeeds", { expected: "OK", got: told(outcome) });
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
Then("AWS's agent was asked at {string}", function (this: W, host: string) {
  checkSame(facet(this).agentHosts(), [host], "where the Pod Identity agent was asked");
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
  await facet(this).provider.askVersion();
});
Then("the AWS provider is called {string} and speaks {string}", function (this: W, name: string, version: string) {
  const { runtimeName, version: spoken } = facet(this).provider.version;
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
