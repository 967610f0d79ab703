import { Given, When } from "@cucumber/cucumber";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

// What stands before kubelet calls the driver.

Given("the driver {string} on the node {string}", async function (this: W, driverName: string, nodeId: string) {
  Object.assign(this.use(driver).options, { driverName, nodeId });
  await this.use(driver).prepare();
});
Given(
  "a pod {string} with a volume of the SecretProviderClass {string}",
  async function (this: W, pod: string, name: string) {
    checkSame([pod, name], [POD, CLASS], "the pod and class of these cases");
    await this.use(driver).definePod();
    await this.use(driver).objects.defineClass(name);
  },
);
Given("the pod has a second volume of the SecretProviderClass {string}", async function (this: W, name: string) {
  await this.use(driver).objects.defineClass(name);
});
Given(
  "a SecretProviderClass {string} in the namespace {string}",
  async function (this: W, name: string, namespace: string) {
    await this.use(driver).objects.defineClass(name, { namespace });
  },
);
Given("the SecretProviderClass is deleted", async function (this: W) {
  await this.use(driver).objects.deleteClass();
});
Given("the SecretProviderClass has no provider", async function (this: W) {
  await this.use(driver).objects.defineClass(CLASS, { spec: { parameters: { objects: "all" } } });
});
Given("the SecretProviderClass has no parameters", async function (this: W) {
  await this.use(driver).objects.defineClass(CLASS, { spec: { provider: "scripted" } });
});
Given("the SecretProviderClass names the provider {string}", async function (this: W, provider: string) {
  await this.use(driver).objects.defineClass(CLASS, { spec: { provider, parameters: { objects: "all" } } });
});
Given("the driver rotates every {int} minutes", function (this: W, count: number) {
  this.use(driver).options.rotationIntervalMs = this.minutes(count);
});
Given("the driver checks its providers' health every {int} minutes", function (this: W, count: number) {
  this.use(driver).options.healthCheckIntervalMs = this.minutes(count);
});
Given("the driver accepts answers of up to {int} MiB", function (this: W, size: number) {
  this.use(driver).options.maxAnswerBytes = size * 1024 * 1024;
});
Given("the driver may not write status objects", async function (this: W) {
  await this.use(driver).prepare();
  await this.use(driver).objects.forbidStatuses();
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
