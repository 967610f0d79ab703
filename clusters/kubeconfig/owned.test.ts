import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealClock, Scope } from "../../core/index.ts";
import { isKubeStatus, type KubeClient } from "../../kube/client.ts";
import { resource } from "../../kube/resources.ts";
import { EmbeddedCluster } from "../embedded/index.ts";
import { Owned, RUN_LABEL } from "./owned.ts";

const clock = new RealClock();
const scope = new Scope("owned");
const Namespaces = resource({ version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });
const ConfigMaps = resource({ version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true });
let admin: KubeClient;
beforeAll(async () => {
  admin = scope.use(await new EmbeddedCluster({ clock, nodes: 0 }).start()).admin;
});
afterAll(() => scope[Symbol.asyncDispose]());

const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const configMap = (namespaceName: string, value: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: namespaceName },
  data: { value },
});

describe("what a run makes in a cluster that is not its own", () => {
  test("bears its name, can be changed, and goes with everything in its namespaces", async () => {
    const owned = new Owned(admin, clock, "run-1");
    await owned.apply([namespace("shop"), configMap("shop", "a"), configMap("kube-system", "a")]);
    await owned.apply([configMap("shop", "b"), configMap("kube-system", "b")]);
    expect((await admin.get(Namespaces, "shop")).metadata.labels?.[RUN_LABEL]).toBe("run-1");
    expect((await admin.get(ConfigMaps, "settings", "kube-system"))["data"]).toEqual({ value: "b" });
    await owned.remove();
    expect(await admin.find(Namespaces, "shop")).toBeUndefined();
    expect(await admin.find(ConfigMaps, "settings", "kube-system")).toBeUndefined();
  });

  test("stays where pods need it until what its scenarios let go of is gone", async () => {
    const asked: string[] = [];
    const watched = new Proxy(admin, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return async (...given: [{ kind: string }, string | { name: string }]) => {
          const [{ kind }, of] = given;
          const answer = await value.apply(target, given);
          const isGone = name === "find" && answer === undefined;
          asked.push(`${String(name)} ${kind} ${typeof of === "string" ? of : of?.name}${isGone ? ": gone" : ""}`);
          return answer;
        };
      },
    });
    const parts = new Owned(watched, clock, "run-4");
    await parts.apply([configMap("kube-system", "part")]);
    const scenario = new Owned(admin, clock, "run-4");
    await scenario.apply([namespace("case-1"), configMap("case-1", "a")]);
    parts.expectGone(await scenario.letGo());
    expect(scenario.owns("case-1")).toBe(false);
    asked.length = 0;
    await parts.remove();
    expect(asked.slice(-2)).toEqual(["find Namespace case-1: gone", "delete ConfigMap settings"]);
  });

  test("of a killed run goes in the order in which pods can go: their namespaces before the driver", async () => {
    const killed = new Owned(admin, clock, "killed");
    const daemonSet = (name: string) => ({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name, namespace: "kube-system" },
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i" }] } },
      },
    });
    await killed.apply([daemonSet("driver"), namespace("left-1")]);
    const order: string[] = [];
    const watched = new Proxy(admin, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "delete") order.push("delete");
        if (name === "find") order.push("look");
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    expect(await new Owned(watched, clock, "run-5").sweep()).toBe(2);
    expect(order[0]).toBe("delete");
    expect(order.at(-1)).toBe("delete");
    expect(order).toContain("look");
  });

  test("of a killed run goes pods with CSI volumes first: what serves them is there until they are gone", async () => {
    const killed = new Owned(admin, clock, "killed");
    await killed.apply([namespace("provider"), namespace("left-2")]);
    const volumes = [{ name: "secrets", csi: { driver: "secrets-store.csi.k8s.io" } }];
    const app = { containers: [{ name: "c", image: "i" }], serviceAccountName: "default", volumes };
    await killed.apply([
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "left-2" } },
      { apiVersion: "v1", kind: "Pod", metadata: { name: "app", namespace: "left-2" }, spec: app },
    ]);
    const deleted: string[] = [];
    const watched = new Proxy(admin, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return async (...given: [unknown, string | { readonly name: string }]) => {
          const answer = await value.apply(target, given);
          if (name === "delete") deleted.push((given[1] as { readonly name: string }).name);
          if (name === "find" && answer === undefined) deleted.push(`${given[1]} is gone`);
          return answer;
        };
      },
    });
    expect(await new Owned(watched, clock, "run-6").sweep()).toBe(2);
    expect(deleted).toEqual(["left-2", "left-2 is gone", "provider", "provider is gone"]);
  });

  test("is never what somebody else made", async () => {
    await admin.create(Namespaces, namespace("production"));
    await admin.create(ConfigMaps, configMap("production", "theirs"));
    const owned = new Owned(admin, clock, "run-2");
    await expect(owned.apply([namespace("production")])).rejects.toMatchObject({
      code: "already_exists",
      message: 'the cluster has a Namespace "production" already, and no run of Mountproof made it',
    });
    await expect(owned.apply([configMap("production", "ours")])).rejects.toMatchObject({ code: "already_exists" });
    await owned.remove();
    expect((await admin.get(ConfigMaps, "settings", "production"))["data"]).toEqual({ value: "theirs" });
  });

  test("is found by its label when its run was killed, and swept by the next", async () => {
    await new Owned(admin, clock, "killed").apply([namespace("left")]);
    const next = new Owned(admin, clock, "run-3");
    await expect(next.apply([namespace("left")])).rejects.toThrow("the run killed made it");
    expect(await next.sweep()).toBe(1);
    await expect(admin.get(Namespaces, "left")).rejects.toSatisfy((error) => isKubeStatus(error, "NotFound"));
    expect(await admin.find(Namespaces, "kube-system")).toBeDefined();
  });
});
