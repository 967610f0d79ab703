import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DataTable, Given, Then, When } from "@cucumber/cucumber";
import { SecretProviderClassPodStatuses, SubjectAccessReviews } from "../../kube/index.ts";
import type { Reply, Script } from "../../wire/scripted-provider.ts";
import { check, checkSame } from "../check.ts";
import { api } from "../world/api.ts";
import { answerWith } from "../world/driver/answers.ts";
import { CLASS, driver, NAMESPACE, POD } from "../world/driver/index.ts";
import { TOKENS } from "../world/driver/tokens.ts";
import type { Facet, MountproofWorld as W } from "../world.ts";

const DRIVER_ACCOUNT = "system:serviceaccount:kube-system:secrets-store-csi-driver";

/** The secret that a provider returns in a scenario about leaks. */
const hidden: Facet<{ readonly file: string }> = (world) => ({ file: world.canaries.create("file of the provider") });

async function provides(world: W, script: Script): Promise<void> {
  const facet = world.use(driver);
  await facet.prepare();
  facet.provider().answers(script);
  if (!facet.provider().isRunning) await facet.startProvider();
}

Given("a provider that returns the file {string} holding a secret", async function (this: W, path: string) {
  await provides(this, answerWith([{ path, text: this.use(hidden).file, id: "a", version: "1" }]));
});
Given(
  "a provider that returns the file {string} with the raw mode {int}",
  async function (this: W, path: string, mode: number) {
    const reply: Reply = {
      files: [{ path, mode, contents: Buffer.from("first") }],
      objectVersion: [{ id: "a", version: "1" }],
    };
    await provides(this, reply);
  },
);
Given(
  "a provider that plants the link {string} to a folder of the host, and returns the file {string} holding {string}",
  async function (this: W, link: string, path: string, text: string) {
    const outside = join(await this.folder(), "outside");
    mkdirSync(outside, { recursive: true });
    await provides(this, ({ targetPath }): Reply => {
      symlinkSync(outside, join(targetPath, link));
      return answerWith([{ path, text }]);
    });
  },
);
Given("a provider that never answers", async function (this: W) {
  await provides(this, async (_request, call) => {
    call.activity.park();
    await new Promise<void>((resolve) => call.signal.addEventListener("abort", () => resolve(), { once: true }));
    call.activity.unpark();
    return answerWith([]);
  });
});
Given("kubelet sends a secret and a token", function (this: W) {
  const secret = this.canaries.create("nodePublishSecretRef");
  const token = this.canaries.create("service account token");
  this.use(driver).sendSecrets({ password: secret });
  this.use(driver).sendContext(
    TOKENS,
    JSON.stringify({ vault: { token, expirationTimestamp: "2099-01-01T00:00:00Z" } }),
  );
});
Given("kubelet sends {string} as {string} in the volume context", function (this: W, name: string, value: string) {
  this.use(driver).sendContext(name, value);
});
Given(
  "the SecretProviderClass has the parameter {string} set to {string}",
  async function (this: W, name: string, value: string) {
    const spec = { provider: "scripted", parameters: { objects: "all", [name]: value } };
    await this.use(driver).objects.defineClass(CLASS, { spec });
  },
);

const FOREIGN = "00000000-0000-4000-8000-000000000000";
When(
  /^a status object of this pod names a volume (.+), which holds "(.+)"$/,
  async function (this: W, how: string, text: string) {
    const own = this.use(driver).volumes.target();
    const foreign = own.replace(this.use(driver).podUid, FOREIGN);
    const outside = join(await this.folder(), "elsewhere", own.slice(own.indexOf("/pods/")));
    const ways: Readonly<Record<string, readonly [folder: string, named: string]>> = {
      "of another pod": [foreign, foreign],
      "by way of its own": [foreign, `${own}/../../../../../${foreign.slice(foreign.indexOf(FOREIGN))}`],
      "with its own path inside": [
        `${foreign}${own.slice(own.indexOf("/pods/"))}x`,
        `${foreign}${own.slice(own.indexOf("/pods/"))}x`,
      ],
      "outside of kubelet's folder": [outside, outside],
    };
    const [folder = "", named = ""] = ways[how] ?? [];
    check(folder !== "", "the example is known", { expected: "a way to name a volume", got: how });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "password"), text);
    const admin = await this.use(api).admin();
    const target = { name: `${POD}-${NAMESPACE}-${CLASS}`, namespace: NAMESPACE };
    await admin.patch(SecretProviderClassPodStatuses, target, "merge", { status: { targetPath: named } });
    await this.elapse(100);
  },
);

Then("the provider's attributes hold {string} as {string}", function (this: W, name: string, value: string) {
  const request = this.use(driver).provider().mounts.at(-1)?.request;
  const attributes = JSON.parse(request?.attributes ?? "{}") as Record<string, string>;
  checkSame(attributes[name], value, `the attribute ${name}`);
});
Then("the volume holds the secret", function (this: W) {
  const facet = this.use(driver);
  const [file] = facet.volumes.files();
  const digests = [
    file === undefined ? "none" : facet.digest(file.content),
    facet.digest(Buffer.from(this.use(hidden).file)),
  ];
  checkSame(digests[0], digests[1], "digest of the file");
});
Then("nothing the driver logged, told or counted shows any of them", async function (this: W) {
  await this.elapse(1_000);
  const { message } = this.use(driver).last;
  const places = { log: this.logged.join("\n"), answer: message, metrics: await this.use(driver).metric("") };
  for (const [place, text] of Object.entries(places))
    checkSame(
      this.run.guard.search(text).map(({ label }) => label),
      [],
      `secrets in the ${place}`,
    );
  // A program's lines are searched as they come, and what they show fails the case at its end.
  const isProgram = this.pass.subject.kind === "driver" && this.pass.subject.start === undefined;
  if (!isProgram) check(this.logged.length > 0, "the driver logs at all", { expected: "lines", got: "none" });
});
Then("the driver's account may not {string} Secrets", async function (this: W, verbs: string) {
  for (const verb of verbs.split(" "))
    checkSame(await mayDo(this, DRIVER_ACCOUNT, [], verb, "", "secrets"), false, `${verb} Secrets`);
});
Then(
  "a user with the role {string} may {string} of SecretProviderClasses and {string} of status objects",
  async function (this: W, role: string, classes: string, statuses: string) {
    await bind(this, role);
    const group = "secrets-store.csi.x-k8s.io";
    for (const [resource, allowed] of [
      ["secretproviderclasses", classes],
      ["secretproviderclasspodstatuses", statuses],
    ] as const) {
      const may: string[] = [];
      for (const verb of ["get", "list", "watch", "create", "update", "patch", "delete"])
        if (await mayDo(this, `${role}-user`, [], verb, group, resource)) may.push(verb);
      checkSame(may.join(" "), allowed, `what ${role} may do with ${resource}`);
    }
  },
);
Then("the driver has asked for exactly:", async function (this: W, table: DataTable) {
  await this.elapse(1_000);
  const asked = new Map<string, Set<string>>();
  for (const { detail } of requests(this)) {
    const resource = String(detail["resource"]);
    asked.set(resource, (asked.get(resource) ?? new Set()).add(String(detail["verb"])));
  }
  const shown = [...asked].map(([resource, verbs]) => `${resource}: ${[...verbs].sort().join(" ")}`).sort();
  const expected = Object.entries(table.rowsHash())
    .map(([resource, verbs]) => `${resource}: ${verbs}`)
    .sort();
  checkSame(shown, expected, "resources and verbs");
});
Then("the driver was never refused", async function (this: W) {
  await this.elapse(1_000);
  const refused = requests(this)
    .filter(({ status }) => status === "403")
    .map(({ operation }) => operation);
  checkSame(refused, [], "requests that were refused");
});

function requests(world: W) {
  return world.journal
    .entries({ seam: "kube-api" })
    .filter(({ detail }) => String(detail["caller"]).includes("secrets-store-csi-driver"));
}

async function bind(world: W, role: string): Promise<void> {
  const admin = await world.use(api).admin();
  const rbac = "rbac.authorization.k8s.io";
  await admin.raw("POST", `/apis/${rbac}/v1/namespaces/${NAMESPACE}/rolebindings`, {
    body: {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: role, namespace: NAMESPACE },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
      subjects: [{ apiGroup: rbac, kind: "User", name: `${role}-user` }],
    },
  });
}

async function mayDo(
  world: W,
  user: string,
  groups: string[],
  verb: string,
  group: string,
  resource: string,
): Promise<boolean> {
  const review = await (await world.use(api).admin()).create(SubjectAccessReviews, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: { user, groups, resourceAttributes: { verb, group, resource, namespace: NAMESPACE } },
  });
  return (review["status"] as { allowed?: boolean }).allowed === true;
}
