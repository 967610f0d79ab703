import { readFile, writeFile } from "node:fs/promises";
import { attachmentName } from "./names.ts";

/** What kubelet writes down before it publishes, so that it can unpublish after it forgot everything else. */
export type VolData = {
  readonly attachmentID: string;
  readonly driverName: string;
  readonly nodeName: string;
  readonly specVolID: string;
  readonly volumeHandle: string;
  readonly volumeLifecycleMode: "Ephemeral";
};

export function volData(volumeName: string, handle: string, driver: string, node: string): VolData {
  return {
    attachmentID: attachmentName(handle, driver, node),
    driverName: driver,
    nodeName: node,
    specVolID: volumeName,
    volumeHandle: handle,
    volumeLifecycleMode: "Ephemeral",
  };
}

/** One line, keys sorted, a newline at its end, as Go's encoder writes a map. */
export async function writeVolData(path: string, data: VolData): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path, `${JSON.stringify(sorted)}\n`, { mode: 0o644 });
}

/** @throws when the file is missing or holds no driver and handle: the volume cannot be unmounted then */
export async function readVolData(path: string): Promise<VolData> {
  const data = JSON.parse(await readFile(path, "utf8")) as Partial<VolData>;
  if (typeof data.driverName !== "string" || typeof data.volumeHandle !== "string")
    throw new Error(`"${path}" names no driver and volume`);
  return data as VolData;
}
