import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { BUILT_IN_IMAGES } from "./built-in.ts";
import { ImageTable, parseImages } from "./image-table.ts";
import { programOfImage } from "./program-of-image.ts";

const table = new ImageTable([
  { image: "shop:v2", pause: true },
  { image: "shop", command: ["serve"], args: ["--all"] },
  { image: "corp.example:5000/*/tool:*", part: "driver" },
  ...BUILT_IN_IMAGES,
]);
const partOf = (image: string): string | undefined => table.find(image)?.part;

test("the first line that matches counts, and a line without a tag means all", () => {
  expect(table.find("shop:v2")?.pause).toBe(true);
  expect(table.find("shop:v1")?.command).toEqual(["serve"]);
  expect(table.find("shop")?.command).toEqual(["serve"]);
  expect(table.find("shop@sha256:0123")?.command).toEqual(["serve"]);
  expect(table.find("shopping")).toBeUndefined();
  expect(partOf("corp.example:5000/a/b/tool:1")).toBe("driver");
  expect(partOf("corp.example:5000/tool:1")).toBeUndefined();
});

test("upstream's images are the parts of this project", () => {
  expect(partOf("registry.k8s.io/csi-secrets-store/driver:v1.6.0")).toBe("driver");
  expect(partOf("registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.16.0")).toBe("node-driver-registrar");
  expect(partOf("public.ecr.aws/aws-secrets-manager/secrets-store-csi-driver-provider-aws:2.1.1")).toBe("provider-aws");
  expect(partOf("mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure:v1.8.0")).toBe("provider-azure");
  expect(partOf("docker.io/hashicorp/vault-csi-provider:1.7.2")).toBe("provider-vault");
});

test("docker.io/library/busybox is busybox", () => {
  expect(table.find("docker.io/library/busybox:1.36")).toBe(table.find("busybox"));
});

test("what there is no line for is missing, and the hint says what to do", () => {
  expect(table.missing("myapp:latest")).toContain('no line of images.yaml matches "myapp:latest"');
  expect(table.missing("myapp:latest")).toContain("--images");
  expect(table.missing("busybox")).toBeUndefined();
});

const run = (container: { command?: string[]; args?: string[] }): unknown =>
  programOfImage(table, { name: "c", image: "shop", ...container }, "processes");

test("a pod's command and args replace the image's, as with a container engine", () => {
  expect(run({})).toEqual({ run: { command: ["serve", "--all"] } });
  expect(run({ args: ["--one"] })).toEqual({ run: { command: ["serve", "--one"] } });
  expect(run({ command: ["sh"] })).toEqual({ run: { command: ["sh"] } });
  expect(run({ command: ["sh"], args: ["-c"] })).toEqual({ run: { command: ["sh", "-c"] } });
});

test("a program that a line names belongs to the image, wherever it lies", async () => {
  const [line] = await parseImages("images: [{image: tool, command: [/srv/tool/bin/tool, --all]}]", "my.yaml");
  const own = new ImageTable(line === undefined ? [] : [line]);
  expect(programOfImage(own, { name: "c", image: "tool:v1", args: ["/data"] }, "processes")).toEqual({
    run: { command: ["/srv/tool/bin/tool", "--all", "/data"], expose: ["/srv/tool/bin/tool"] },
  });
});

test("files of a line lie in the image at paths of its own, and are found by the table's folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mp-images-"));
  try {
    await writeFile(join(folder, "entry.sh"), "");
    const text =
      "images: [{image: tool, command: [/bin/entry], files: {/bin/entry: entry.sh, /bin/node: /bin/sh}, user: '100:1000'}]";
    const lines = await parseImages(text, join(folder, "my.yaml"));
    expect(lines[0]?.user).toEqual({ uid: 100, gid: 1000 });
    const files = [
      { path: "/bin/entry", source: join(folder, "entry.sh") },
      { path: "/bin/node", source: "/bin/sh" },
    ];
    const program = programOfImage(new ImageTable(lines), { name: "c", image: "tool" }, "processes");
    expect(program).toEqual({ run: { command: ["/bin/entry"], files } });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  [["tail", "-f", "/dev/null"], "tail -f /dev/null"],
  [["http://10.0.0.1/"], "curl http://10.0.0.1/"],
  [["-s", "http://10.0.0.1/"], "curl -s http://10.0.0.1/"],
])("curl's image takes %j for a program of its own or for curl's arguments", async (args, expected) => {
  const program = programOfImage(table, { name: "c", image: "curlimages/curl:8", args }, "processes");
  const [shell = "", flag = "", script = "", ...words] = program?.run?.command ?? [];
  const said = script.replace('exec "$@"', 'echo "$@"');
  expect((await promisify(execFile)(shell, [flag, said, ...words])).stdout).toBe(`${expected}\n`);
});

test.each([
  ["images: {}", "images: "],
  ["images: [{image: a, name: b}]", 'images.0: Unrecognized key: "name"'],
  ["images: [{image: a, command: sh}]", "images.0.command: "],
  ["images: [{image: a, files: {bin/x: x}}]", "images.0.files.bin/x: expected an absolute path in the image"],
  ["images: [{image: a, files: {/: x}}]", "images.0.files./: expected an absolute path in the image"],
  ["images: [{image: a, files: {/a/../b: x}}]", "images.0.files./a/../b: expected an absolute path in the image"],
  ["images: [{image: a, files: {/bin/x: /nosuch/x}}]", 'images.0.files./bin/x: "/nosuch/x" cannot be read: ENOENT'],
  [
    "images: [{image: a, part: driver, files: {/bin/x: /bin/sh}}]",
    "images.0.files: a part of this project has no root",
  ],
  ["images: [{image: a, user: vault}]", "images.0.user: expected a user's number"],
  ["images: [{image: a, user: -1}]", "images.0.user: "],
  ["[", ""],
])("%s is refused, and the file and the place are named", async (text, why) => {
  await expect(parseImages(text, "my.yaml")).rejects.toThrow(`"my.yaml" is no table of images: ${why}`);
});
