import { expect, test } from "vitest";
import { VirtualClock } from "../core/index.ts";
import { Journal } from "./index.ts";

test("entries are numbered as they end, and dated as they begin", async () => {
  const clock = new VirtualClock(1000);
  const journal = new Journal(clock);
  const slow = journal.begin({ seam: "csi", server: "driver", operation: "/csi.v1.Node/NodePublishVolume" });
  await clock.advance(500);
  journal.begin({ seam: "store", server: "fake/vault", operation: "GET /v1/secret/data/a", caller: "app" })("200");
  slow("OK", { volume: "v" });
  expect(journal.entries().map(({ seq, operation, at, status }) => [seq, operation, at, status])).toEqual([
    [1, "GET /v1/secret/data/a", 1500, "200"],
    [2, "/csi.v1.Node/NodePublishVolume", 1000, "OK"],
  ]);
  expect(journal.entries()[1]?.detail).toEqual({ volume: "v" });
});

test("is asked by seam, server, operation and from a mark on", () => {
  const journal = new Journal(new VirtualClock(0));
  const enter = (server: string, operation: string): void =>
    void journal.begin({ seam: server === "driver" ? "csi" : "store", server, operation })("OK");
  enter("driver", "publish");
  enter("fake/vault", "GET /v1/a");
  const mark = journal.mark();
  enter("fake/vault", "GET /v1/b");
  const operations = (filter: Parameters<Journal["entries"]>[0]): string[] =>
    journal.entries(filter).map(({ operation }) => operation);
  expect(operations({ seam: "store" })).toEqual(["GET /v1/a", "GET /v1/b"]);
  expect(operations({ server: "driver" })).toEqual(["publish"]);
  expect(operations({ operation: /^GET/ })).toEqual(["GET /v1/a", "GET /v1/b"]);
  expect(operations({ operation: "GET /v1/a" })).toEqual(["GET /v1/a"]);
  expect(operations({ since: mark })).toEqual(["GET /v1/b"]);
});

test("one that keeps only the newest still counts them all", () => {
  const journal = new Journal(new VirtualClock(0), { keep: 4 });
  for (let i = 1; i <= 100; i++)
    journal.begin({ seam: "store", server: "fake/vault", operation: `GET /v1/${i}` })("200");
  const entries = journal.entries();
  expect(journal.mark()).toBe(100);
  expect(entries.at(-1)).toMatchObject({ seq: 100, operation: "GET /v1/100" });
  expect(entries.length).toBeGreaterThanOrEqual(4);
  expect(entries.length).toBeLessThanOrEqual(6);
  expect(journal.dropped).toBe(100 - entries.length);
  expect(journal.entries({ since: 99 }).map(({ seq }) => seq)).toEqual([100]);
});
