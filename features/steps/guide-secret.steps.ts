import { isDeepStrictEqual } from "node:util";
import { Given, Then } from "@cucumber/cucumber";
import { minutes } from "../../core/index.ts";
import { Secrets } from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { estate } from "../world/estate/index.ts";
import { INSTALL_MS } from "../world/estate/patience.ts";
import { vaultEstate } from "../world/estate/vault.ts";
import type { MountproofWorld as W } from "../world.ts";

const NAMESPACE = "production";
const APP = "app-with-secrets";
const MOUNT = "/mnt/secrets";

// The Secret that is made of what is mounted.

Given("the SecretProviderClass of the guide also makes the Secret {string}", async function (this: W, name: string) {
  const secretObjects = [
    {
      secretName: name,
      type: "Opaque",
      data: [
        { objectName: "db-password", key: "password" },
        { objectName: "api-token", key: "token" },
      ],
    },
  ];
  await this.use(estate).applyExample("vault/secret-provider-class.yaml", (object) => ({
    ...object,
    spec: { ...(object["spec"] as object), secretObjects },
  }));
});
Then("the guide's Secret {string} holds what Vault holds", async function (this: W, name: string) {
  const { secrets } = this.use(vaultEstate);
  checkSame(await secretOf(this, name), digests(this, secrets.password, secrets.token), `the Secret ${name}`);
});
Then("the guide's Secret {string} is gone", { timeout: INSTALL_MS }, async function (this: W, name: string) {
  const isGone = await this.use(estate).until(async () => (await secretOf(this, name)) === undefined, minutes(3));
  check(isGone, `the Secret ${name} is gone`, { expected: "no Secret", got: "a Secret" });
});
Then(
  "the guide's pods and their Secret {string} follow within {int} minutes",
  { timeout: minutes(6) },
  async function (this: W, name: string, count: number) {
    const { changed, secrets } = this.use(vaultEstate);
    const wanted = digests(this, changed, secrets.token);
    const hasFollowed = async (): Promise<boolean> =>
      isDeepStrictEqual(await secretOf(this, name), wanted) && (await stale(this, changed)).length === 0;
    await this.use(estate).until(hasFollowed, minutes(count));
    checkSame(await secretOf(this, name), wanted, `the Secret ${name}`);
    checkSame(await stale(this, changed), [], "pods that read another password");
  },
);
/** What the Secret holds, by key; undefined when there is none, or one that is not written yet. */
async function secretOf(world: W, name: string): Promise<Record<string, string> | undefined> {
  const found = await (await world.use(estate).cluster()).admin.find(
    Secrets,
    name,
    world.use(estate).namespaceOf(NAMESPACE),
  );
  const data = found?.["data"] as Record<string, string> | undefined;
  if (data === undefined) return undefined;
  const { digester } = world.run;
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, digester.digest(Buffer.from(value, "base64"))] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
function digests({ run: { digester } }: W, password: string, token: string): Record<string, string> {
  return { password: digester.digest(Buffer.from(password)), token: digester.digest(Buffer.from(token)) };
}
async function stale(world: W, password: string): Promise<string[]> {
  const facet = world.use(estate);
  const cluster = await facet.cluster();
  const names: string[] = [];
  for (const { metadata } of await facet.pods(NAMESPACE, APP)) {
    const files = await cluster
      .readFiles({ namespace: metadata.namespace ?? "", name: metadata.name ?? "" }, MOUNT)
      .catch((error: unknown) => {
        // A reader may meet the moment in which the old files go (MNT-08): it looks again.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
      });
    const isNew = files.some(({ path, content }) => path === `${MOUNT}/db-password` && content.toString() === password);
    if (!isNew) names.push(metadata.name ?? "");
  }
  return names;
}
