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
  const child = await views.spawn({ env: new Map(), ...command });
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
