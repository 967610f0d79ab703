import { describe, expect, test } from "vitest";
import { type Answer, canRunImage, examine, type System, tiersOf } from "./index.ts";

const WITH_ALL = "0000003fffffffff";
const WITHOUT_SYS_RESOURCE = "0000003ffeffffff";

/** A machine where every program answers, but for what a test says. */
function machine(
  answers: Readonly<Record<string, Answer>> = {},
  options: { bounding?: string; cgroup2?: boolean; packages?: readonly string[]; node?: string; uid?: number } = {},
): System {
  const { bounding = WITH_ALL, cgroup2 = true, packages = ["testcontainers"], node = "24.1.0", uid = 0 } = options;
  return {
    env: { PATH: "" },
    nodeVersion: node,
    platform: "linux-x64",
    uid,
    ask: async (file, ...args) => answers[`${file} ${args[0] ?? ""}`] ?? answers[file] ?? { ok: true, said: "1.2.3" },
    read: async (path) => {
      if (path === "/proc/self/status") return `Name:\tnode\nCapBnd:\t${bounding}\n`;
      return cgroup2 ? "cpu memory" : undefined;
    },
    canImport: async (name) => packages.includes(name),
  };
}
const no = (why: string): Answer => ({ ok: false, missing: false, why });
const notInstalled: Answer = { ok: false, missing: true, why: "" };
const checkOf = async (system: System, id: string) => (await examine(system)).find((check) => check.id === id);
const tierOf = async (system: System, tier: string) => tiersOf(await examine(system)).find((one) => one.tier === tier);

describe("Docker", () => {
  test.each([
    ["is not installed", notInstalled, 'the program "docker" is not installed', "install Docker"],
    [
      "may not be used by this user",
      no("Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"),
      "this user may not speak to the Docker daemon",
      "usermod -aG docker",
    ],
    [
      "has no daemon",
      no("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"),
      "the Docker daemon does not run",
      "dockerd",
    ],
  ])("%s", async (_, answer, detail, todo) => {
    const check = await checkOf(machine({ docker: answer }), "docker");
    expect(check).toMatchObject({ ok: false, detail: expect.stringContaining(detail) });
    expect(check?.todo).toContain(todo);
    expect(await tierOf(machine({ docker: answer }), "E2")).toMatchObject({ ok: false });
  });

  test("may give kind's node its rights where the bounding set lacks CAP_SYS_RESOURCE, by a runtime of one's own", async () => {
    const runtime = (said: string) =>
      machine({ "docker info": { ok: true, said } }, { bounding: WITHOUT_SYS_RESOURCE });
    expect(await checkOf(runtime("limited"), "sys-resource")).toMatchObject({
      ok: true,
      detail: expect.stringContaining('default runtime "limited" has to leave it out'),
    });
    expect((await tierOf(runtime("limited"), "E2"))?.detail).not.toContain("bounding set");
    expect(await checkOf(runtime("runc"), "sys-resource")).toMatchObject({ ok: false });
  });

  test("cannot give kind's node its rights where the bounding set lacks CAP_SYS_RESOURCE", async () => {
    const system = machine({ "docker info": { ok: true, said: "runc" } }, { bounding: WITHOUT_SYS_RESOURCE });
    expect(await checkOf(system, "sys-resource")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("Docker refuses kind's --privileged node"),
    });
    expect((await tierOf(system, "E2"))?.detail).toContain("but the machine's capability bounding set lacks it");
    expect(await checkOf(machine(), "sys-resource")).toMatchObject({ ok: true });
  });

  test("on cgroup v1 wants an older node image", async () => {
    expect(await checkOf(machine({}, { cgroup2: false }), "cgroups")).toMatchObject({
      ok: false,
      todo: expect.stringContaining("1.34"),
    });
  });
});

describe("an image", () => {
  test("is there, is pulled, or cannot be had", async () => {
    expect(await canRunImage(machine(), "i:1")).toBe(true);
    expect(await canRunImage(machine({ "docker image": no("No such image") }), "i:1")).toBe(true);
    const neither = machine({ "docker image": no("No such image"), "docker pull": no("connection refused") });
    expect(await canRunImage(neither, "i:1")).toBe('its image "i:1" cannot be had: connection refused');
    expect(await canRunImage(machine({}, { packages: [] }), "i:1")).toContain("testcontainers");
  });
});

test("helm is found where npm run oracles has put it, and told with its path", async () => {
  const fetched = { ...machine({ helm: notInstalled }), env: { PATH: "", MOUNTPROOF_ORACLES: "/fetched" } };
  expect(await checkOf(fetched, "helm")).toMatchObject({ ok: true, detail: "1.2.3, at /fetched/helm/helm" });
  const none = machine({ helm: notInstalled, "/fetched/helm/helm": notInstalled });
  expect(await checkOf({ ...none, env: fetched.env }, "helm")).toMatchObject({
    ok: false,
    detail: 'the program "helm" is not installed',
    todo: expect.stringContaining("npm run oracles"),
  });
});

test("a user who is not root is told what root is needed for, and is not kept from E0", async () => {
  expect(await checkOf(machine(), "root")).toMatchObject({ ok: true });
  const user = machine({ unshare: no("unshare: unshare failed: Operation not permitted") }, { uid: 1000 });
  expect(await checkOf(user, "root")).toMatchObject({
    ok: false,
    detail: "this user has the number 1000, and mounts and --provider STORE=PATH need root",
    todo: expect.stringContaining("run as root"),
  });
  expect(await tierOf(user, "E0")).toMatchObject({ ok: true });
});

describe("tiers", () => {
  test("E0 needs Node alone, and a Node that is new enough", async () => {
    const bare = machine({ docker: notInstalled, kind: notInstalled, kubectl: notInstalled, helm: notInstalled });
    expect(await tierOf(bare, "E0")).toMatchObject({ ok: true });
    expect(await tierOf(machine({}, { node: "22.21.9" }), "E0")).toMatchObject({ ok: false });
  });

  test("E1 needs one store that somebody else wrote", async () => {
    const none = machine({ docker: notInstalled });
    expect(await tierOf(none, "E1")).toMatchObject({
      ok: false,
      detail: expect.stringContaining("OpenBao cannot be run"),
    });
    expect(await tierOf(machine(), "E1")).toMatchObject({ ok: true });
  });

  test("E2 needs kind, and says so", async () => {
    expect(await tierOf(machine({ kind: notInstalled }), "E2")).toMatchObject({
      ok: false,
      detail: 'the program "kind" is not installed',
    });
  });
});
