import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openViews, pathRewriter } from "./views.ts";

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

test("a mount may lie where the machine's own system folder has no place for it", async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), "mp-views-"));
  try {
    const views = await openViews({ folder: join(folder, "root") });
    if (views.kind !== "namespaces") return skip("namespaces are refused on this machine");
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "config", "key"), "value");
    const source = join(folder, "config");
    const child = await views.spawn({
      command: ["cat", "/etc/nosuch-app/config/key", "/etc/passwd"],
      env: new Map(),
      mounts: [{ mountPath: "/etc/nosuch-app/config", readOnly: true, path: source, clone: undefined, source }],
    });
    let said = "";
    child.stdout?.on("data", (chunk) => {
      said += String(chunk);
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(said).toBe(`value${await readFile("/etc/passwd", "utf8")}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
