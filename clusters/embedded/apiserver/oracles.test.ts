import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock } from "../../../core/index.ts";
import { FaultPlan, Journal } from "../../../net/index.ts";
import { EmbeddedApiServer, type RunningApiServer } from "./index.ts";
import { Oracles, whyNoOracles } from "./testing/oracles.ts";

const reason = whyNoOracles();

describe.skipIf(reason !== undefined)(`real clients${reason === undefined ? "" : ` (skipped: ${reason})`}`, () => {
  let api: RunningApiServer;
  let oracles: Oracles;

  beforeAll(async () => {
    api = await new EmbeddedApiServer({ clock: new RealClock() }).start();
    api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
    oracles = new Oracles(api, "admin");
  });
  afterAll(async () => {
    oracles[Symbol.dispose]();
    await api[Symbol.asyncDispose]();
  });

  const manifest = (image: string, more = ""): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: ${image}${more}}
`;

  test("kubectl applies, sees what would change, changes it, and prunes what is no longer named", async () => {
    expect(
      await oracles.kubectl(["apply", "-f", "-"], manifest("a:1", ", env: [{name: A, value: '1'}]")),
    ).toMatchObject({ code: 0, stdout: "deployment.apps/web created\n" });
    const diff = await oracles.kubectl(["diff", "-f", "-"], manifest("a:2"));
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain("image: a:2");
    expect(await oracles.kubectl(["apply", "-f", "-"], manifest("a:2"))).toMatchObject({
      code: 0,
      stdout: "deployment.apps/web configured\n",
    });
    expect(await oracles.kubectl(["apply", "-f", "-"], manifest("a:2"))).toMatchObject({
      code: 0,
      stdout: "deployment.apps/web unchanged\n",
    });
    const path = "-o=jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env}";
    expect((await oracles.kubectl(["get", "deploy", "web", path])).stdout).toBe("a:2 ");
  });

  test("kubectl tells of a field that does not exist, and validates by the published schema", async () => {
    const typo = manifest("a").replace("selector:", "selectr:");
    const refused = await oracles.kubectl(["create", "-f", "-"], typo);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('unknown field "spec.selectr"');
  });

  test("kubectl explains built-in kinds and CustomResources", async () => {
    expect((await oracles.kubectl(["explain", "pod.spec.containers.ports"])).stdout).toMatch(
      /containerPort\s+<integer> -required-/,
    );
    const { stdout } = await oracles.kubectl(["explain", "secretproviderclass.spec"]);
    expect(stdout).toMatch(/provider\s+<string>\s+Name of the provider/);
  });

  test("kubectl validates and applies by version 2 alone where there is no version 3", async () => {
    const faults = new FaultPlan();
    const journal = new Journal(new RealClock());
    faults.add({ match: { path: "/openapi/v3*" }, effect: { kind: "status", status: 404 } });
    await using old = await new EmbeddedApiServer({ clock: new RealClock(), faults, journal }).start();
    old.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
    using clients = new Oracles(old, "admin");
    expect(await clients.kubectl(["apply", "-f", "-"], manifest("a:1"))).toMatchObject({ code: 0 });
    expect(await clients.kubectl(["apply", "-f", "-"], manifest("a:2"))).toMatchObject({
      code: 0,
      stdout: "deployment.apps/web configured\n",
    });
    expect(journal.entries().some(({ operation }) => operation === "GET /openapi/v2")).toBe(true);
  });

  test("server-side apply is refused where another manager owns the field, and takes it by force", async () => {
    const map = (value: string): string =>
      `{apiVersion: v1, kind: ConfigMap, metadata: {name: shared}, data: {x: "${value}"}}`;
    const apply = (manager: string, value: string, ...more: string[]) =>
      oracles.kubectl(["apply", "--server-side", `--field-manager=${manager}`, ...more, "-f", "-"], map(value));
    expect((await apply("one", "1")).code).toBe(0);
    const refused = await apply("two", "2");
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "one": .data.x');
    expect((await apply("two", "2", "--force-conflicts")).code).toBe(0);
  });

  test("Helm installs a chart, upgrades it, rolls back and uninstalls", async () => {
    const chart = join(oracles.folder, "chart");
    mkdirSync(join(chart, "templates"), { recursive: true });
    writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: demo\nversion: 0.1.0\n");
    writeFileSync(join(chart, "values.yaml"), "size: small\n");
    const template = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-size}\ndata: {size: {{ .Values.size }}, kube: {{ .Capabilities.KubeVersion.Version }}}\n`;
    writeFileSync(join(chart, "templates/map.yaml"), template);
    const size = async (): Promise<string> =>
      (await oracles.kubectl(["get", "cm", "demo-size", "-o=jsonpath={.data.size} {.data.kube}"])).stdout;
    expect((await oracles.helm(["install", "demo", chart])).code).toBe(0);
    expect(await size()).toBe("small v1.34.4");
    expect((await oracles.helm(["upgrade", "demo", chart, "--set", "size=large"])).code).toBe(0);
    expect(await size()).toBe("large v1.34.4");
    expect((await oracles.helm(["rollback", "demo", "1"])).code).toBe(0);
    expect(await size()).toBe("small v1.34.4");
    expect((await oracles.helm(["list", "-q"])).stdout).toBe("demo\n");
    expect((await oracles.helm(["uninstall", "demo"])).code).toBe(0);
    expect((await oracles.kubectl(["get", "cm", "demo-size"])).stderr).toContain('configmaps "demo-size" not found');
  }, 60_000);
});
