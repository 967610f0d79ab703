import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { Given, Then, When } from "@cucumber/cucumber";
import { seconds } from "../../core/index.ts";
import { SecretProviderClassPodStatuses } from "../../kube/index.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith } from "../world/driver/answers.ts";
import { mountDead } from "../world/driver/dead-mount.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import type { MountproofWorld as W } from "../world.ts";

const STATUS = `${POD}-${NAMESPACE}-${CLASS}`;

// What died, moved or was left behind.

Given("the driver was killed {string} of a publish", async function (this: W, point: string) {
  await this.use(driver).publishKilledAt(point);
});
Given("the node was rebooted", async function (this: W) {
  await this.use(driver).kill();
  this.use(driver).volumes.unmountAll();
});
Given("the pod moves to the node {string}", async function (this: W, nodeId: string) {
  await this.use(driver).kill();
  this.use(driver).options.nodeId = nodeId;
  await this.use(driver).definePodWith({});
});
Given("a killed writer has left {string} in the volume", function (this: W, name: string) {
  const { volumes } = this.use(driver);
  volumes.checkExists();
  symlinkSync("..gone", join(volumes.target(), name));
});
Given("a mount whose server has gone lies on the target path", async function (this: W) {
  await this.use(driver).prepare();
  const { volumes } = this.use(driver);
  if (volumes.mounts !== "tmpfs") this.skip("mount(2) is refused here");
  const refusal = await mountDead(volumes.target());
  if (refusal !== undefined) this.skip(refusal);
});
Given("a process works inside the volume", async function (this: W) {
  if (this.use(driver).volumes.mounts !== "tmpfs")
    this.skip("mount(2) is refused here: nobody is busy in a plain folder");
  await this.use(driver).workInside();
});
Given("the process inside the volume ends", async function (this: W) {
  await this.use(driver).endWorkInside();
});
Given("kubelet has tried to unpublish the volume", async function (this: W) {
  const { code } = await this.use(driver).unpublish();
  check(code !== "OK", "the first unpublish fails", { expected: "a failure", got: code });
});
Given("the status object lost its labels", async function (this: W) {
  const admin = await this.use(api).admin();
  const target = { name: STATUS, namespace: NAMESPACE };
  await admin.patch(SecretProviderClassPodStatuses, target, "merge", { metadata: { labels: null } });
});
Given("the SecretProviderClass was written as v1alpha1", async function (this: W) {
  await this.use(driver).prepare();
  await this.use(driver).objects.writeClassAs("v1alpha1");
});
Given("the API server is out of order", function (this: W) {
  this.use(api).faults.add({ effect: { kind: "reset" } });
});
Given("the API server is in order again", function (this: W) {
  this.use(api).faults.clear();
});
Given(
  "the SecretProviderClass came to name the objects {string} and the API server forgot its history",
  async function (this: W, names: string) {
    const { faults } = this.use(api);
    faults.clear();
    const spec = { provider: "scripted", parameters: { objects: names } };
    await this.use(driver).objects.defineClass(CLASS, { spec });
    (await this.use(api).running()).compact();
    faults.add({ effect: { kind: "reset" } });
  },
);
Given(
  "a provider that returns the file {string} holding {string} after {int} seconds",
  async function (this: W, path: string, text: string, count: number) {
    await this.use(driver).provides(async (_request, call) => {
      call.activity.park();
      await this.clock.sleep(seconds(count), { signal: call.signal });
      call.activity.unpark();
      return answerWith([{ path, text }]);
    });
  },
);
Given(
  "a provider that dies {int} seconds into a Mount, is back {int} seconds later and returns the file {string} holding {string}",
  async function (this: W, into: number, later: number, path: string, text: string) {
    const facet = this.use(driver);
    await facet.provides(
      async (_request, call) => {
        this.clock.timer(seconds(into), () => void facet.provider().kill());
        this.clock.timer(seconds(into + later), () => void facet.provider().start());
        call.activity.park();
        await this.clock.sleep(seconds(into + later), { signal: call.signal });
        return answerWith([]);
      },
      answerWith([{ path, text }]),
    );
  },
);

// What kubelet does meanwhile.

When(
  "kubelet publishes the volume and {int} seconds later the driver is told to stop",
  async function (this: W, count: number) {
    const facet = this.use(driver);
    await facet.start();
    this.clock.timer(seconds(count), () => void facet.drain());
    await facet.publish();
  },
);
When(
  "kubelet gives up its publish after {int} seconds and publishes the volume again",
  async function (this: W, count: number) {
    await this.use(driver).publish({ deadlineMs: seconds(count) });
    await this.use(driver).publish();
  },
);

// What came of it.

Then("the API server warned {string}", function (this: W, text: string) {
  const { warning } = this.use(driver).objects;
  check(warning.includes(text), "the API server's warning", { expected: text, got: warning });
});
Then("the status object belongs to the pod and the node {string}", async function (this: W, node: string) {
  const status = await this.use(driver).objects.status(STATUS);
  const { labels = {}, ownerReferences = [] } = status?.metadata ?? {};
  checkSame(
    [labels["internal.secrets-store.csi.k8s.io/node-name"], ...ownerReferences.map(({ uid }) => uid)],
    [node, this.use(driver).podUid],
    "node and owner of the status object",
  );
});
Then("the volume holds nothing besides", function (this: W) {
  checkSame(this.use(driver).volumes.leftOvers(), [], "names in the volume that belong to nothing");
});
