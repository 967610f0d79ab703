import { type DataTable, Then } from "@cucumber/cucumber";
import { check, checkSame } from "../check.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

// What the driver leaves at the API server, and in its metrics.

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
  check((await this.use(driver).objects.status(name)) !== undefined, "the status object is there", {
    expected: name,
    got: "none",
  });
});
Then("the status object is named {string} and belongs to the pod alone", async function (this: W, name: string) {
  const status = await this.use(driver).objects.status(name);
  const owners = status?.metadata.ownerReferences?.map(({ kind, name: owner, uid }) => `${kind} ${owner} ${uid}`);
  checkSame(owners, [`Pod ${POD} ${this.use(driver).podUid}`], "owners of the status object");
});
Then("the status object is labelled with the node", async function (this: W) {
  const status = await this.use(driver).objects.status(`${POD}-${NAMESPACE}-${CLASS}`);
  checkSame(status?.metadata.labels?.["internal.secrets-store.csi.k8s.io/node-name"], "node-0", "label of the node");
});
Then("the status object lists, in this order:", async function (this: W, table: DataTable) {
  const status = await this.use(driver).objects.status(`${POD}-${NAMESPACE}-${CLASS}`);
  checkSame(
    (status?.["status"] as { objects?: unknown } | undefined)?.objects,
    table.hashes(),
    "objects of the status",
  );
});
Then("the API server was not asked for anything meanwhile", function (this: W) {
  // Lists and watches feed a driver's caches in its own time (upstream 1.6 opens that of pods after its first publish):
  // no call asks for them.
  const asked = this.journal
    .entries({ seam: "kube-api", since: this.use(driver).mark })
    .filter(({ detail }) => detail["verb"] !== "list" && detail["verb"] !== "watch");
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
