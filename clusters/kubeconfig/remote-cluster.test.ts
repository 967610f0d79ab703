import { expect, test } from "vitest";
import { RealClock, silentLog } from "../../core/index.ts";
import { resource } from "../../kube/index.ts";
import { Journal } from "../../net/index.ts";
import { EmbeddedCluster } from "../embedded/index.ts";
import { openRemoteCluster } from "./index.ts";

const Namespaces = resource({ version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false });

test.each([
  [false, []],
  [true, ["left"]],
])("what a run made is taken away, unless the cluster itself is deleted: %s", async (isDeleted, left) => {
  const clock = new RealClock();
  await using embedded = await new EmbeddedCluster({ clock, nodes: 0 }).start();
  const exec = async () => ({ exitCode: 1, stdout: "", stderr: "" });
  const context = { name: "test", owner: "mountproof", config: embedded.adminConfig, exec } as const;
  const parts = { clock, log: silentLog, journal: new Journal(clock), run: "run", isDeleted };
  const cluster = await openRemoteCluster(context, parts);
  await cluster.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "left" } }]);
  await cluster[Symbol.asyncDispose]();
  const { items } = await embedded.admin.list(Namespaces);
  expect(items.map(({ metadata }) => metadata.name).filter((name) => name === "left")).toEqual(left);
});

test("who waits for something to show in the cluster hears of an interrupt at once, and not after minutes", async () => {
  const clock = new RealClock();
  await using embedded = await new EmbeddedCluster({ clock, nodes: 0 }).start();
  const interrupted = new AbortController();
  const context = {
    name: "test",
    owner: "mountproof",
    config: embedded.adminConfig,
    exec: async () => ({ exitCode: 1, stdout: "", stderr: "" }),
  } as const;
  const parts = { clock, log: silentLog, journal: new Journal(clock), run: "run", signal: interrupted.signal };
  await using cluster = await openRemoteCluster(context, parts);
  let looks = 0;
  const waiting = cluster.until(() => {
    if (++looks === 2) interrupted.abort("SIGINT");
    return false;
  }, 600_000);
  await expect(waiting).rejects.toMatchObject({ code: "cancelled", message: "waiting was interrupted" });
  expect(looks).toBe(2);
  // What there is already needs no waiting: cleaning up looks, too.
  expect(await cluster.until(() => true, 1000)).toBe(true);
});
