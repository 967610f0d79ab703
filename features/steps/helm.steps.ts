import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { DRIVER_NAME } from "../../driver/index.ts";
import { ClusterRoleBindings, ClusterRoles, CSIDrivers } from "../../kube/index.ts";
import { checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { helmRelease } from "../world/driver/helm-release.ts";
import { driver } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

// The driver's chart as Helm installs and upgrades it.

Given("the Helm release of the driver's chart v1.5 with rotation", async function (this: W) {
  await this.use(driver).prepare();
  await this.use(helmRelease).install({ release: "1.5", enableSecretRotation: true });
});
When("the release is upgraded to this chart with rotation {string}", async function (this: W, rotation: string) {
  await this.use(helmRelease).upgrade(rotation === "on");
});
Then("these roles and bindings stand no more:", async function (this: W, table: DataTable) {
  const admin = await this.use(api).admin();
  const lists = await Promise.all([admin.list(ClusterRoles), admin.list(ClusterRoleBindings)]);
  const standing = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name ?? ""));
  const gone = table.raw().map(([name = ""]) => name);
  checkSame(
    standing.filter((name) => gone.includes(name)),
    [],
    "rights that an earlier release had",
  );
});
Then(/^the CSIDriver's "(\w+)" is (true|false)$/, async function (this: W, field: string, value: string) {
  const found = await (await this.use(api).admin()).get(CSIDrivers, DRIVER_NAME);
  checkSame((found["spec"] as Readonly<Record<string, unknown>>)[field], value === "true", `${field} of the CSIDriver`);
});
