import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { parseDuration } from "../../core/go/duration.ts";
import { Secrets } from "../../kube/index.ts";
import { HMAC_SECRET_NAME, VAULT_PROVIDER_NAMESPACE } from "../../providers/vault/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { ACCOUNT, NAMESPACE, ROLE, type VaultProviderFacet, vaultProvider } from "../world/vault/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const facet = (world: W): VaultProviderFacet => world.use(vaultProvider);

// What is done.

When("the Vault volume is mounted", mounted);
Given("the Vault volume was mounted", mounted);
async function mounted(this: W): Promise<void> {
  await facet(this).mount();
}
When("{int} mounts of the Vault volume begin at once", async function (this: W, count: number) {
  const { pod } = facet(this);
  await facet(this).mount(Array.from({ length: count }, () => pod));
});
When("the Vault volumes of {int} pods are mounted at once", async function (this: W, count: number) {
  const pods = await Promise.all(Array.from({ length: count }, (_, at) => facet(this).newPod(`pod-${at}`)));
  await facet(this).mount(pods);
});
When("{int} minutes go by in Vault", async function (this: W, count: number) {
  await this.elapse(count * 60_000);
});
When("the driver asks the Vault provider for its version", async function (this: W) {
  await facet(this).provider.askVersion();
});

// What came of it.

Then("the Vault volume holds", function (this: W, table: DataTable) {
  const { last } = facet(this);
  check(last.code === "OK", "the mount succeeds", { expected: "OK", got: `${last.code} ${last.message}` });
  const columns = table.hashes()[0] ?? {};
  const got = last.files.map(({ path, mode, contents }) => ({
    file: path,
    ...("mode" in columns && { mode: mode.toString(8).padStart(4, "0") }),
    ...("value" in columns && { value: contents.toString() }),
    ...("hex" in columns && { hex: contents.toString("hex") }),
  }));
  checkSame(got, table.hashes(), "the files");
});
Then("the Vault volume's file {string} reads", function (this: W, path: string, text: string) {
  const { last } = facet(this);
  check(last.code === "OK", "the mount succeeds", { expected: "OK", got: `${last.code} ${last.message}` });
  checkSame(last.files.find((file) => file.path === path)?.contents.toString(), text, `the file "${path}"`);
});
Then("the Vault mount succeeds", function (this: W) {
  const { outcomes } = facet(this);
  checkSame(
    outcomes.map(({ code, message }) => `${code} ${message}`.trim()).filter((text) => text !== "OK"),
    [],
    "failures",
  );
});
Then("the Vault mount took {int} ms", function (this: W, ms: number) {
  checkSame(facet(this).tookMs, ms, "virtual time of the mount");
});
Then("the Vault mount is refused, saying", function (this: W, text: string) {
  refused(this, "Unknown", text);
});
Then("the Vault mount is refused with {string}", function (this: W, code: string) {
  refused(this, code, "");
});
function refused(world: W, code: string, text: string): void {
  const { last } = facet(world);
  checkSame(last.code, code, "the code");
  const wanted = text.replaceAll("\\n", "\n");
  check(last.message.includes(wanted), "the error's text", { expected: wanted, got: last.message });
  checkSame(last.files.length, 0, "files");
}
Then("Vault was asked for", function (this: W, lines: string) {
  checkSame(facet(this).asked(), lines.split("\n"), "requests to Vault");
});
Then("Vault was asked for nothing", function (this: W) {
  checkSame(facet(this).asked(), [], "requests to Vault");
});
Then("Vault was asked to log in {int} time(s)", function (this: W, count: number) {
  checkSame(
    facet(this)
      .asked()
      .filter((call) => call.endsWith("/login")).length,
    count,
    "logins",
  );
});
Then("Vault was asked for {string} {int} time(s)", function (this: W, call: string, count: number) {
  checkSame(
    facet(this)
      .asked()
      .filter((one) => one === call).length,
    count,
    call,
  );
});
Then("the last request to Vault had the body {string} and no content type", function (this: W, body: string) {
  const last = facet(this).requests().at(-1);
  checkSame([last?.body, last?.headers["content-type"]], [body.replaceAll("'", '"'), undefined], "the request");
});
Then("every request to Vault bore the header {string}", function (this: W, header: string) {
  const [name = "", value = ""] = header.split(": ");
  const borne = facet(this)
    .requests()
    .map(({ headers }) => headers[name.toLowerCase()]);
  check(borne.length > 0, "Vault was asked", { expected: "requests", got: "none" });
  checkSame([...new Set(borne)], [value], name);
});
Then("the login brought a token of that pod alone", function (this: W) {
  const pods = facet(this)
    .requests()
    .filter(({ target }) => target.endsWith("/login"))
    .map(({ body }) => claimsOf((JSON.parse(body) as { jwt?: string }).jwt ?? "")["kubernetes.io"]?.pod?.uid);
  checkSame(pods, [facet(this).pod.uid], "pods whose tokens logged in");
});
Then("the login brought the pod's token for {string} and the role", function (this: W, audience: string) {
  const login = facet(this)
    .requests()
    .find(({ target }) => target.endsWith("/login"));
  const { jwt = "", role } = JSON.parse(login?.body ?? "{}") as { jwt?: string; role?: string };
  const claims = claimsOf(jwt);
  checkSame(
    [claims["sub"], claims["aud"], role],
    [`system:serviceaccount:${NAMESPACE}:${ACCOUNT}`, [audience], ROLE],
    "who logs in",
  );
  checkSame(
    [login?.headers["content-type"], login?.headers["x-vault-token"]],
    [undefined, undefined],
    "headers that a first login has not",
  );
});
Then("the second login showed the refused token", function (this: W) {
  const requests = facet(this).requests();
  const login = requests.findLastIndex(({ target }) => target.endsWith("/login"));
  const before = requests[login - 1]?.headers["x-vault-token"];
  check(
    before !== undefined && before === requests[login]?.headers["x-vault-token"],
    "the login's token is the refused one",
    {
      expected: "the token of the read before",
      got: requests[login]?.headers["x-vault-token"] === undefined ? "none" : "another",
    },
  );
});
Then(
  "the token was made for the audiences {string}, for 900 seconds and bound to the pod",
  async function (this: W, audiences: string) {
    const { pod } = facet(this);
    const login = facet(this)
      .requests()
      .find(({ target }) => target.endsWith("/login"));
    const { jwt = "" } = JSON.parse(login?.body ?? "{}") as { jwt?: string };
    const claims = claimsOf(jwt);
    // None asked for: those that the API server gives then.
    const wanted = audiences === "" ? claimsOf(await this.use(api).tokenOf(NAMESPACE, ACCOUNT)).aud : [audiences];
    checkSame(
      [claims.aud, (claims.exp ?? 0) - (claims.iat ?? 0), claims["kubernetes.io"]?.pod],
      [wanted, parseDuration("15m") / 1000, pod],
      "audiences, lifetime and pod of the token",
    );
  },
);
type Claims = {
  readonly sub?: string;
  readonly aud?: readonly string[];
  readonly exp?: number;
  readonly iat?: number;
  readonly "kubernetes.io"?: { readonly pod?: { readonly name?: string; readonly uid?: string } };
};
function claimsOf(jwt: string): Claims {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "e30", "base64url").toString()) as Claims;
}
Then("the API server was asked by the Vault provider for", function (this: W, lines: string) {
  checkSame(facet(this).askedOfCluster(), lines.split("\n"), "requests to the API server");
});
Then("the Vault volume's versions are empty", function (this: W) {
  const { versions } = facet(this).last;
  check(versions.length > 0, "there are versions", { expected: "one an object", got: "none" });
  checkSame(
    versions.filter(({ version }) => version !== ""),
    [],
    "versions that are not empty",
  );
});
Then("the Vault volume's versions are of {string} and {string}", function (this: W, one: string, other: string) {
  checkSame(
    facet(this)
      .last.versions.map(({ id }) => id)
      .sort(),
    [one, other],
    "objects that versions are told of",
  );
});
Then("the Vault volume's versions differ from each other", function (this: W) {
  const versions = facet(this).last.versions.map(({ version }) => version);
  checkSame(
    [versions.length, new Set(versions).size, versions.includes("")],
    [2, 2, false],
    "versions of the two objects",
  );
});
Then("the Vault volume's versions are those of the mount before", function (this: W) {
  const [before, after] = facet(this).outcomes.slice(-2);
  check((before?.versions.length ?? 0) > 0, "the mount before has versions", { expected: "versions", got: "none" });
  checkSame(after?.versions, before?.versions, "versions");
});
Then("the Vault volume's versions are others than those of the mount before", function (this: W) {
  const [before, after] = facet(this)
    .outcomes.slice(-2)
    .map(({ versions }) => versions[0]?.version);
  check(before !== undefined && after !== undefined && before !== after, "the version changes", {
    expected: `another than ${before}`,
    got: after,
  });
});
Then("the HMAC Secret of the Vault provider is immutable and holds a key of 32 bytes", async function (this: W) {
  const admin = await this.use(api).admin();
  const secret = await admin.find(Secrets, HMAC_SECRET_NAME, VAULT_PROVIDER_NAMESPACE);
  const { immutable, data } = (secret ?? {}) as { immutable?: boolean; data?: { key?: string } };
  checkSame([immutable, Buffer.from(data?.key ?? "", "base64").length], [true, 32], "the Secret");
});
Then("the Vault provider is {string} of the interface {string}", function (this: W, name: string, version: string) {
  const { runtimeName, version: spoken } = facet(this).provider.version;
  checkSame([runtimeName, spoken], [name, version], "what the provider says of itself");
});
