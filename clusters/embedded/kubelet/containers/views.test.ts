import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openMounts } from "../mounts.ts";
import { openViews, pathRewriter, type ViewCommand, type Views } from "./views.ts";

const rewrite = pathRewriter([
  { mountPath: "/mnt/v", path: "/run/node/v" },
  { mountPath: "/mnt/v/deep", path: "/run/node/deep" },
  { mountPath: "/etc/app/", path: "/run/node/app" },
]);

test.each([
  ["/mnt/v", "/run/node/v"],
  ["cat /mnt/v/key '/mnt/v/deep/k'", "cat /run/node/v/key '/run/node/deep/k'"],
  ["a=/etc/app/x:/mnt/v", "a=/run/node/app/x:/run/node/v"],
  ["/mnt/volume /other/mnt/v ./mnt/v", "/mnt/volume /other/mnt/v ./mnt/v"],
])("paths below mounts lead to the node, others stay: %s", (text, expected) => {
  expect(rewrite(text)).toBe(expected);
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mp-views-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens views that are namespaces; skips where they are refused. */
async function namespaces(skip: (why: string) => never): Promise<Views> {
  const views = await openViews({ folder: join(folder, "root") });
  return views.kind === "namespaces" ? views : skip("namespaces are refused on this machine");
}
async function said(views: Views, command: Omit<ViewCommand, "env">): Promise<string> {
  return await outputOf(await views.spawn({ env: new Map(), ...command }));
}
async function outputOf(child: ChildProcess): Promise<string> {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}

test("a mount may lie where the machine's own system folder has no place for it", async ({ skip }) => {
  const views = await namespaces(skip);
  const source = join(folder, "config");
  await mkdir(source);
  await writeFile(join(source, "key"), "value");
  const mounts = [{ mountPath: "/etc/nosuch-app/config", readOnly: true, path: source, clone: undefined, source }];
  const command = ["cat", "/etc/nosuch-app/config/key", "/etc/passwd"];
  expect(await said(views, { command, mounts })).toBe(`value${await readFile("/etc/passwd", "utf8")}`);
});

test("a program of the image's own is seen, and what lies beside it is not", async ({ skip }) => {
  const views = await namespaces(skip);
  const program = join(folder, "tool");
  await writeFile(program, '#!/bin/sh\nls "$(dirname "$0")"\n', { mode: 0o755 });
  await writeFile(join(folder, "other"), "");
  expect(await said(views, { command: [program], mounts: [], expose: [program] })).toBe("tool\n");
  expect(views.shows(program)).toBe(false);
  expect(views.shows("/usr/bin/env")).toBe(true);
});

test("an image's files lie at paths of its own, also where the system has a program of that name", async ({ skip }) => {
  const views = await namespaces(skip);
  const tool = join(folder, "tool");
  await writeFile(tool, '#!/bin/sh\necho "I am $0"\n', { mode: 0o755 });
  await mkdir(join(folder, "app"));
  await writeFile(join(folder, "app", "data"), "data\n");
  const files = [
    ...["/bin/nosuch-tool", "/usr/local/bin/nosuch.sh", "/usr/bin/tac"].map((path) => ({ path, source: tool })),
    { path: "/opt/nosuch-app", source: join(folder, "app") },
    { path: "/srv/app", source: join(folder, "app") },
  ];
  const script =
    "nosuch-tool; nosuch.sh; tac; cat /opt/nosuch-app/data /srv/app/data; touch /srv/app/x /bin/y 2>/dev/null; ls /srv/app";
  expect((await said(views, { command: ["/bin/sh", "-c", script], mounts: [], files })).trim().split("\n")).toEqual([
    "I am /usr/bin/nosuch-tool",
    "I am /usr/local/bin/nosuch.sh",
    "I am /usr/bin/tac",
    ...["data", "data", "data"],
  ]);
  // A volume hides what the image has below its path.
  const mounts = [{ mountPath: "/srv", readOnly: true, path: folder, clone: undefined, source: folder }];
  const hidden = { command: ["/bin/sh", "-c", "cat /srv/app/data; ls /srv"], mounts };
  expect(await said(views, { ...hidden, files })).toBe("data\napp\nroot\ntool\n");
});

test("a container's processes have its user, its groups and its capabilities, and so has what is executed in it", async ({
  skip,
}) => {
  const views = await namespaces(skip);
  const rights = { uid: 100, gid: 1000, groups: [1000, 2000], capabilities: ["CHOWN"], gainsNone: true };
  const facts = ["grep", "-E", "^(Uid|Gid|Groups|CapBnd|CapEff|NoNewPrivs):", "/proc/self/status"];
  const expected = [
    "Uid: 100 100 100 100",
    "Gid: 1000 1000 1000 1000",
    "Groups: 1000 2000",
    "CapEff: 0000000000000000",
    "CapBnd: 0000000000000001",
    "NoNewPrivs: 1",
  ];
  const lines = (text: string): string[] =>
    text
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ").trim());
  expect(lines(await said(views, { command: facts, mounts: [], rights }))).toEqual(expected);
  const child = await views.spawn({ command: ["sleep", "60"], env: new Map(), mounts: [], rights });
  try {
    const inside = await views.enter(child.pid ?? 0, { command: facts, env: new Map(), mounts: [], rights });
    expect(lines(await outputOf(inside))).toEqual(expected);
  } finally {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  }
  const home = { command: ["/bin/sh", "-c", "echo $HOME"], mounts: [] };
  expect(await said(views, { ...home, rights })).toBe("/\n");
  expect(await said(views, home)).toBe("/root\n");
  const root = { ...rights, uid: 0, gid: 0 };
  const mounting = [
    "/bin/sh",
    "-c",
    "mount -t tmpfs none /mnt 2>/dev/null || echo refused; chown 7 /tmp && echo chowned",
  ];
  expect(await said(views, { command: mounting, mounts: [], rights: root })).toBe("refused\nchowned\n");
});

test("in a root that is read-only its volumes alone can be written, system folders with layers included", async ({
  skip,
}) => {
  const views = await namespaces(skip);
  const mounts = [
    { mountPath: "/data", readOnly: false, path: folder, clone: undefined, source: folder },
    { mountPath: "/etc/nosuch-app/x", readOnly: false, path: folder, clone: undefined, source: folder },
  ];
  const places = ["/", "/tmp", "/var", "/run", "/etc", "/data", "/etc/nosuch-app/x", "/dev/shm"];
  const script = 'for at in "$@"; do touch "$at/probe" 2>/dev/null && echo "$at"; done; :';
  const command = ["/bin/sh", "-c", script, "probe", ...places];
  const writable = ["/data", "/etc/nosuch-app/x", "/dev/shm"];
  expect((await said(views, { command, mounts, readOnlyRoot: true })).trim().split("\n")).toEqual(writable);
  expect((await said(views, { command, mounts })).trim().split("\n")).toEqual(places);
});

test("memory that programs share is the container's own", async ({ skip }) => {
  const views = await namespaces(skip);
  const script =
    "ls -A /dev/shm; echo x > /dev/shm/own && cat /dev/shm/own; df --output=size,target /dev/shm | tail -n 1";
  const [text, ...more] = (await said(views, { command: ["/bin/sh", "-c", script], mounts: [] })).split("\n");
  expect(text).toBe("x");
  expect(more.join("").trim()).toMatch(/^65536 \/dev\/shm$/);
});

test("what a container mounts where its mount passes mounts on is mounted on the node, and only there", async ({
  skip,
}) => {
  const node = join(folder, "node");
  await mkdir(join(node, "pods"), { recursive: true });
  const mounts = await openMounts();
  if (!mounts.isReal) skip("mount(2) is refused on this machine");
  mounts.share(node);
  try {
    const views = await openViews({ folder: join(folder, "root"), shared: node });
    const source = join(node, "pods");
    const mount = { mountPath: "/var/lib/pods", readOnly: false, path: source, clone: undefined, source } as const;
    const script =
      "mkdir /var/lib/pods/a /tmp/b; mount -t tmpfs none /var/lib/pods/a; mount -t tmpfs none /tmp/b; echo x > /var/lib/pods/a/key; cat $0/a/key";
    const command = ["/bin/sh", "-c", script, source];
    expect(await said(views, { command, mounts: [{ ...mount, propagation: "shared" }] })).toBe("x\n");
    expect(await readFile(join(source, "a", "key"), "utf8")).toBe("x\n");
    expect(await mounts.below(folder)).toEqual([join(source, "a"), node]);
    const elsewhere = { ...mount, source: folder, propagation: "shared" } as const;
    await expect(views.spawn({ command, env: new Map(), mounts: [elsewhere] })).rejects.toThrow("not a shared mount");
  } finally {
    for (const point of await mounts.below(folder)) mounts.unmount(point, { detach: true });
  }
});
