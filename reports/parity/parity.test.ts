import { describe, expect, it } from "vitest";
import { sampleCase, sampleReport } from "../testing/sample-report.ts";
import { compareReports, mergeTables, parityMarkdown, parseParityNotes } from "./index.ts";

const failed = (id: string, message: string) =>
  sampleCase({ id, title: id, status: "failed", failure: { message, expected: "a", got: "b" } });
const passed = (id: string) => sampleCase({ id, title: id });
const skipped = (id: string) => sampleCase({ id, title: id, status: "skipped", reason: "needs virtual time" });

const table = (notes: Parameters<typeof compareReports>[0]["notes"] = []) =>
  compareReports({
    reference: {
      name: "ours",
      report: sampleReport([passed("A-01"), passed("A-02"), passed("A-10"), passed("A-09"), failed("A-11", "no")]),
    },
    other: {
      name: "theirs",
      report: sampleReport([passed("A-01"), failed("A-02", "it | broke"), skipped("A-09"), failed("A-11", "no")]),
    },
    behaviour: "upstream-1.6",
    notes,
  });

describe("compareReports", () => {
  it("tells the same verdict from a difference, and both from a case that one side did not run", () => {
    expect(table().rows.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "A-01 same",
      "A-02 unexplained",
      "A-09 not compared",
      "A-10 not compared",
      "A-11 same",
    ]);
    expect(table().counts).toEqual({ same: 2, explained: 0, unexplained: 1, "not compared": 2 });
  });

  it("gives a difference the reason of its note, and names a note that nothing needs", () => {
    const noted = table([
      { case: "A-02", right: "reference", why: "theirs forgets" },
      { case: "A-01", right: "both", why: "once differed" },
    ]);
    expect(noted.rows[1]).toMatchObject({ outcome: "explained", reason: "ours is right: theirs forgets" });
    expect(noted.unusedNotes).toEqual(["A-01"]);
  });

  it("counts a waived failure as a failure", () => {
    const report = sampleReport([sampleCase({ id: "A-01", status: "waived", reason: "known" })]);
    const { rows } = compareReports({
      reference: { name: "ours", report: sampleReport([sampleCase({ id: "A-01" })]) },
      other: { name: "theirs", report },
      behaviour: "hardened",
      notes: [],
    });
    expect(rows).toMatchObject([{ reference: "passed", other: "failed", outcome: "unexplained" }]);
  });

  it("keeps the rows of an outline apart", () => {
    const rows = (other: "passed" | "failed") => [
      sampleCase({ title: "row 1" }),
      sampleCase({ title: "row 2", status: other }),
    ];
    const { counts } = compareReports({
      reference: { name: "ours", report: sampleReport(rows("passed")) },
      other: { name: "theirs", report: sampleReport(rows("failed")) },
      behaviour: "hardened",
      notes: [],
    });
    expect(counts).toMatchObject({ same: 1, unexplained: 1 });
  });
});

describe("parityMarkdown", () => {
  it("says the figures, what nobody explained, and why a case was not compared", () => {
    const text = parityMarkdown([table()]);
    expect(text).toContain("3 cases compared: 2 with one verdict, 0 that differ for a known reason, 1 that nobody");
    expect(text).toContain("- **A-02** A-02: **unexplained** (it \\| broke)");
    expect(text).toContain("- theirs: needs virtual time: A-09");
    expect(text).toContain("| A-02 A-02 | PROVIDER-GRPC | ✓ | ✗ |");
  });
});

describe("mergeTables", () => {
  it("replaces what was measured anew, keeps the rest in its place, and adds what is new", () => {
    const of = (other: string, measured: string) => ({ ...table(), other, measured });
    const known = [of("driver", "2026-01-01"), of("aws", "2026-01-01"), { ...of("gcp", "2026-01-01"), behaviour: "h" }];
    const merged = mergeTables(known, [of("aws", "2026-02-02"), of("gcp", "2026-02-02")]);
    expect(merged.map(({ other, measured, behaviour }) => `${other} ${measured} ${behaviour}`)).toEqual([
      "driver 2026-01-01 upstream-1.6",
      "aws 2026-02-02 upstream-1.6",
      "gcp 2026-01-01 h",
      "gcp 2026-02-02 upstream-1.6",
    ]);
    const { measured: _day, ...former } = table();
    const text = parityMarkdown([of("aws", "2026-02-02"), former]);
    expect(text.match(/Measured on/g)).toHaveLength(1);
    expect(text).toContain("2 were not compared. Measured on 2026-02-02.");
  });
});

describe("parseParityNotes", () => {
  it("reads a list, and names the entry that is wrong", () => {
    expect(parseParityNotes("- { case: A-1, right: both, why: w }")).toEqual([
      { case: "A-1", right: "both", why: "w" },
    ]);
    expect(parseParityNotes("")).toEqual([]);
    expect(() => parseParityNotes("- { case: A-1, right: neither, why: w }")).toThrow("0.right");
  });
});
