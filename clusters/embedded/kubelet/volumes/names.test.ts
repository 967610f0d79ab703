import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";
import { attachmentName, PodPaths, uniqueName, volumeHandle } from "./names.ts";
import { readVolData, volData, writeVolData } from "./vol-data.ts";

const UID = "0f1e2d3c-aaaa-bbbb-cccc-000102030405";

test("handle and attachment are digests of plainly concatenated names", () => {
  const handle = volumeHandle(UID, "v");
  expect(handle).toBe("csi-d4c1c4e904c84334db00334b879ff2b4498d681d2246ad68dbeca466dc1f709f");
  expect(volumeHandle(`${UID}v`, "")).toBe(handle);
  expect(attachmentName(handle, "d", "n")).toMatch(/^csi-[0-9a-f]{64}$/);
  expect(uniqueName("csi", UID, "v")).toBe(`kubernetes.io/csi/${UID}-v`);
});

test("a volume lies below its pod, the target below the volume", () => {
  const paths = new PodPaths("/k");
  expect(paths.target(UID, "v")).toBe(`/k/pods/${UID}/volumes/kubernetes.io~csi/v/mount`);
  expect(paths.volData(UID, "v")).toBe(`/k/pods/${UID}/volumes/kubernetes.io~csi/v/vol_data.json`);
  expect(paths.subPath(UID, "v", "c", 2)).toBe(`/k/pods/${UID}/volume-subpaths/v/c/2`);
});

test("vol_data.json is one sorted line, and useless without a driver", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mp-vd-"));
  const path = join(folder, "vol_data.json");
  await writeVolData(path, volData("v", "csi-h", "d", "n"));
  const text = await readFile(path, "utf8");
  expect(text).toBe(
    `{"attachmentID":"${attachmentName("csi-h", "d", "n")}","driverName":"d","nodeName":"n","specVolID":"v","volumeHandle":"csi-h","volumeLifecycleMode":"Ephemeral"}\n`,
  );
  expect(await readVolData(path)).toMatchObject({ driverName: "d", volumeHandle: "csi-h" });
  await writeFile(path, "{}");
  await expect(readVolData(path)).rejects.toThrow("names no driver");
  await rm(folder, { recursive: true });
});

test("back-off doubles from half a second and stays at two minutes and two seconds", () => {
  const backoff = new Backoff(500, 122_000);
  expect(backoff.due).toBe(0);
  const waits = [];
  for (let n = 0; n < 10; n++) {
    backoff.failed(1000);
    waits.push(backoff.due - 1000);
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 122_000, 122_000]);
});
