import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualClock } from "../core/index.ts";
import { GatheredJournal, journalInto } from "./index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mp-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what a part wrote into its file is there for the run, numbered as it is seen", () => {
  const clock = new VirtualClock(0);
  const path = join(folder, "driver.ndjson");
  const part = journalInto(path, clock);
  const run = new GatheredJournal(clock);
  run.gather(path);
  expect(run.entries()).toEqual([]);
  part.begin({ seam: "csi", server: "driver", operation: "/csi.v1.Node/NodePublishVolume" })("OK", { volumeId: "v" });
  const mark = run.mark();
  run.begin({ seam: "provider", server: "provider/scripted", operation: "/v1alpha1.CSIDriverProvider/Mount" })("OK");
  part.begin({ seam: "csi", server: "driver", operation: "/csi.v1.Node/NodeUnpublishVolume" })("OK");
  expect(run.entries({ since: mark }).map(({ seq, operation }) => [seq, operation])).toEqual([
    [2, "/v1alpha1.CSIDriverProvider/Mount"],
    [3, "/csi.v1.Node/NodeUnpublishVolume"],
  ]);
  expect(run.entries({ seam: "csi" })[0]?.detail).toEqual({ volumeId: "v" });
});

test("a line that is half written is read once it is whole", () => {
  const path = join(folder, "part.ndjson");
  const run = new GatheredJournal(new VirtualClock(0));
  run.gather(path);
  const line = `${JSON.stringify({ seam: "store", server: "fake/vault", operation: "GET /ä", status: "200", at: 0, wall: 0, tookMs: 0, detail: {} })}\n`;
  const bytes = Buffer.from(line);
  const half = bytes.indexOf(0xc3) + 1; // in the middle of a letter
  appendFileSync(path, bytes.subarray(0, half));
  expect(run.entries()).toEqual([]);
  appendFileSync(path, bytes.subarray(half));
  expect(run.entries().map(({ operation }) => operation)).toEqual(["GET /ä"]);
});
