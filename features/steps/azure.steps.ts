import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { parse, stringify } from "yaml";
import { Health } from "../../wire/gen/health_pb.ts";
import { CSIDriverProvider } from "../../wire/gen/provider_pb.ts";
import { grpcClient } from "../../wire/grpc/index.ts";
import { check, checkSame } from "../check.ts";
import { azure } from "../world/azure/index.ts";
import type { MountproofWorld as W } from "../world.ts";

/** Numbers stay unquoted: they are read as texts, and written as they were. */
const PLAIN = { schema: "failsafe" } as const;

// Setting up.

Given("an Azure tenant whose application may read a vault", async function (this: W) {
  await this.use(azure).prepare();
});
Given("the Azure class asks for", function (this: W, objects: string) {
  const list = parse(objects, PLAIN) as object[];
  this.use(azure).parameters["objects"] = stringify({ array: list.map((object) => stringify(object, PLAIN)) });
});
Given("the Azure class asks for exactly", function (this: W, objects: string) {
  this.use(azure).parameters["objects"] = objects;
});
Given("the Azure class has {string} as {string}", function (this: W, value: string, name: string) {
  this.use(azure).parameters[name] = value;
});
Given("the Azure class lacks {string}", function (this: W, name: string) {
  delete this.use(azure).parameters[name];
});
Given("the driver hands the Azure provider the attributes {string}", function (this: W, text: string) {
  this.use(azure).request.attributes = text;
});
Given("the driver hands the Azure provider the secrets {string}", function (this: W, text: string) {
  this.use(azure).request.secrets = text;
});
Given("the driver hands the Azure provider the permission {string}", function (this: W, text: string) {
  this.use(azure).request.permission = text;
});
Given("the keys of the Azure credentials are {string} and {string}", function (this: W, id: string, secret: string) {
  const facet = this.use(azure);
  facet.request.secrets = JSON.stringify({ [id]: "cid", [secret]: facet.clientSecret });
});
Given("a file describes the Azure cloud {string} at {string}", async function (this: W, name: string, domain: string) {
  const path = join(await this.folder(), "cloud.json");
  const suffix = `vault.${domain}`;
  const file = { name, activeDirectoryEndpoint: `https://login.${domain}/`, keyVaultEndpoint: `https://${suffix}` };
  await writeFile(path, JSON.stringify({ ...file, keyVaultDNSSuffix: suffix }));
  const facet = this.use(azure);
  facet.azure.state.directory.put("adfs", { clientId: "cid", objectId: "adfs", clientSecrets: [facet.clientSecret] });
  facet.azure.state.addVault("otherkv", "adfs").access.policies.push({ objectId: "adfs", secrets: ["get"] });
  facet.azure.vault("otherkv").setSecret("secret1", facet.value("secret1"));
  Object.assign(facet.parameters, {
    keyvaultName: "otherkv",
    tenantId: "adfs",
    cloudName: name,
    cloudEnvFileName: path,
  });
});

// Mounting, and what came of it.

When("the Azure volume is mounted", async function (this: W) {
  await this.use(azure).mount();
});
When("the Azure volume is mounted again", async function (this: W) {
  await this.use(azure).mount();
});
Then("the Azure volume holds", function (this: W, table: DataTable) {
  const facet = this.use(azure);
  const columns = Object.keys(table.hashes()[0] ?? {});
  const shownValue = (contents: Buffer): string => {
    const text = contents.toString("utf8");
    const name = [...facet.values].find(([, value]) => value === text)?.[0];
    return name === undefined ? this.redact(text) : `{${name}}`;
  };
  const got = facet.outcome.files.map(({ path, mode, contents }) => {
    const row: Readonly<Record<string, string>> = { file: path, mode: mode.toString(8), value: shownValue(contents) };
    return columns.map((column) => row[column]);
  });
  const message = `the volume holds these files (${facet.outcome.code} ${facet.outcome.message})`;
  checkSame(
    got,
    table.hashes().map((row) => columns.map((column) => row[column])),
    message,
  );
});
Then("the Azure volume's versions are", function (this: W, table: DataTable) {
  const got = this.use(azure).outcome.versions.map(({ id, version }) => ({ id, version }));
  checkSame(got, table.hashes(), "the mount brings these versions");
});
Then("the Azure volume is mounted without a file", function (this: W) {
  const { code, files, versions } = this.use(azure).outcome;
  checkSame(
    { code, files, versions },
    { code: "OK", files: [], versions: [] },
    "the mount succeeds and brings nothing",
  );
});
Then("the Azure mount succeeds", function (this: W) {
  const { code, message } = this.use(azure).outcome;
  check(code === "OK", "the mount succeeds", { expected: "OK", got: `${code} ${message}` });
});
Then("the Azure mount is refused, naming {string}", function (this: W, first: string) {
  refused(this, [first]);
});
Then("the Azure mount is refused, naming {string} and {string}", function (this: W, first: string, second: string) {
  refused(this, [first, second]);
});
Then("the Azure mount is refused with", function (this: W, text: string) {
  const { code, message } = this.use(azure).outcome;
  checkSame(`${code}\n${message}`, `Unknown\n${text}`, "the mount is refused in these words");
});
Then("the Azure mount ends with {string}", function (this: W, code: string) {
  const { outcome } = this.use(azure);
  check(outcome.code === code, "the mount ends so", { expected: code, got: `${outcome.code} ${outcome.message}` });
});

function refused(world: W, names: readonly string[]): void {
  const { code, message, files } = world.use(azure).outcome;
  check(
    code === "Unknown" && files.length === 0 && names.every((name) => message.includes(name)),
    "the mount is refused, names the culprit and brings no file",
    { expected: `Unknown, with ${names.join(" and ")}`, got: `${code} ${message} (${files.length} files)` },
  );
}

// Who was asked.

Then("nobody at Azure was asked", function (this: W) {
  checkSame(this.use(azure).calls(), [], "nobody was asked");
});
Then("Azure was asked for", function (this: W, calls: string) {
  checkSame(this.use(azure).calls(), calls.split("\n"), "Azure was asked for this, in this order");
});
Then("Azure was asked {int} time(s) for {string}", function (this: W, times: number, call: string) {
  const calls = this.use(azure).calls();
  check(calls.filter((one) => one.startsWith(call)).length === times, `${call} was asked for ${times} times`, {
    expected: times,
    got: calls,
  });
});

// The provider beside Mount.

Then("the Azure provider calls itself {string}", async function (this: W, name: string) {
  using client = grpcClient(CSIDriverProvider, {
    clock: this.clock,
    target: { path: await this.use(azure).provider.socket() },
  });
  const version = await client.version({ version: "v1alpha1" }, { deadlineMs: 10_000 });
  checkSame([version.version, version.runtimeName], ["v1alpha1", name], "it says so to Version");
});
Then("the Azure provider says that it serves", async function (this: W) {
  using client = grpcClient(Health, { clock: this.clock, target: { path: await this.use(azure).provider.socket() } });
  const { status } = await client.check({ service: "" }, { deadlineMs: 10_000 });
  checkSame(status, 1, "a health check says SERVING");
});
