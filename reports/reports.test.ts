import { readFile, writeFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { verdicts } from "../suite/verdicts.ts";
import { escapeTerminal } from "./escape.ts";
import {
  liveProgress,
  NO_COLOURS,
  plainProgress,
  type Report,
  reportHtml,
  reportJsonSchema,
  reportJunit,
  reportYaml,
  verifyReport,
} from "./index.ts";
import { sampleCase, sampleFailure, sampleReport } from "./testing/sample-report.ts";

const skipped = sampleCase({ id: "PC-33", status: "skipped", reason: "needs --secret-values FILE", steps: [] });
const cases = [sampleCase(), sampleFailure(), skipped];
const report = sampleReport(cases, { verdicts: verdicts(cases, false) });

describe("report.yaml", () => {
  test("is read as what was written, whatever a case showed", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("a", " ", "\n", "\t", ":", "-", "#", "é", '"', "'", "|", "true", "1"), { maxLength: 12 })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.dictionary(text, text), fc.array(text), (value, map, list) => {
        const detail = JSON.parse(JSON.stringify({ value, map, list, lists: [[list], [], {}] }));
        const report = { report: 1, detail } as unknown as Report;
        expect(parse(reportYaml(report))).toEqual(report);
      }),
      { numRuns: 300 },
    );
  });

  test("is verified by its own reader, unchanged", () => {
    const verification = verifyReport(reportYaml(report));
    expect(verification).toEqual({ valid: true, report });
  });

  test("fits the published JSON Schema", async () => {
    const path = new URL("./report.schema.json", import.meta.url);
    if (process.env["UPDATE_SCHEMA"] !== undefined)
      await writeFile(path, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
    const published = JSON.parse(await readFile(path, "utf8"));
    expect(published).toEqual(JSON.parse(JSON.stringify(reportJsonSchema())));
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const validate = ajv.compile(published);
    expect(validate(parse(reportYaml(report)))).toBe(true);
    expect(validate({ ...report, summary: { passed: 1 } })).toBe(false);
  });

  test.each([
    [
      "a count that its cases do not bear out",
      { summary: { ...report.summary, passed: 2 } },
      "summary.passed says 2, the cases say 1",
    ],
    [
      "a skip without a reason",
      { cases: [sampleCase(), sampleFailure(), { ...skipped, reason: "" }] },
      "is skipped without a reason",
    ],
    [
      "a pass without a step",
      { cases: [sampleCase({ steps: [] }), sampleFailure(), skipped] },
      "passed without a step",
    ],
    [
      "a failure that says nothing",
      { cases: [sampleCase(), sampleFailure({ failure: undefined as never }), skipped] },
      "failed without saying why",
    ],
    [
      "a verdict better than its cases",
      { verdicts: report.verdicts.map((row) => ({ ...row, verdict: "conformant" as const })) },
      "is not what its cases say",
    ],
  ])("with %s is refused", (_what, change, message) => {
    const verification = verifyReport(JSON.stringify({ ...report, ...change }));
    expect(verification.valid).toBe(false);
    expect(verification.valid ? [] : verification.problems.join("; ")).toContain(message);
  });

  test("that is no report names what is wrong", () => {
    expect(verifyReport("a: [")).toMatchObject({ valid: false });
    expect(verifyReport("{}")).toMatchObject({ valid: false });
  });
});

describe("a failure that comes from another", () => {
  const root = sampleFailure({ id: "PC-04", title: "A valid mount has a version" });
  const follower = (id: string, cause: object) => {
    const one = sampleFailure({ id });
    return { ...one, failure: { message: "there is no version", step: "Given a mount", ...cause } };
  };
  const all = [root, follower("PC-05", { followsFrom: "PC-04" }), follower("PC-06", { followsFrom: "PC-04" })];
  const report = sampleReport(all, { verdicts: verdicts(all, false) });
  const printed = (): string => {
    let text = "";
    plainProgress((part) => {
      text += part;
    })({ type: "finished", report });
    return text;
  };

  test("is shown with its cause in each form, and hidden in none", () => {
    expect(verifyReport(reportYaml(report))).toEqual({ valid: true, report });
    const text = printed();
    for (const id of ["PC-04", "PC-05", "PC-06"]) expect(text).toContain(`✗ ${id} `);
    expect(text).toContain("    follows from PC-04, at: Given a mount\n    there is no version\n    repeat:");
    expect(text).toContain("! 2 of 3 failures follow from PC-04: mend that one first");
    expect(text).toContain("0 passed, 3 failed, 0 skipped");
    const html = reportHtml(report);
    expect(html.match(/<article class="case bad"/g)).toHaveLength(3);
    expect(html.match(/Follows from <a href="#PC-04-mine-hardened">PC-04<\/a>/g)).toHaveLength(2);
    expect(html).toContain("2 of 3 failures follow from PC-04");
    expect(reportJunit(report).match(/<failure /g)).toHaveLength(3);
    expect(reportJunit(report)).toContain("follows from PC-04");
  });

  test("in the same words is told as such", () => {
    const alike = [root, follower("PC-05", { sameAs: "PC-04" })];
    const html = reportHtml(sampleReport(alike));
    expect(html).toContain('Fails as <a href="#PC-04-mine-hardened">PC-04</a> does.');
    expect(html).toContain("1 of 2 failures reads as that of PC-04");
  });

  test("must have a cause that failed", () => {
    const passed = [sampleCase({ id: "PC-04" }), follower("PC-05", { followsFrom: "PC-04" })];
    const verification = verifyReport(JSON.stringify(sampleReport(passed)));
    expect(verification.valid ? "" : verification.problems.join()).toContain(
      "follows from PC-04, which has not failed",
    );
  });
});

describe("junit.xml", () => {
  const xml = reportJunit(report);

  test("counts tests, failures and skips as the report does", () => {
    expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1"');
    expect(xml).toContain('<skipped message="needs --secret-values FILE"/>');
  });

  test("escapes what a case says", () => {
    expect(xml).toContain("A rotated value &lt;changes&gt; the version");
    expect(xml).not.toContain("<changes>");
  });

  test("shows a finding that fails the run as an error, and a waived failure as skipped with its reason", () => {
    const waived = sampleFailure({ status: "waived", reason: "known, see #12" });
    const text = reportJunit(
      sampleReport([waived], {
        findings: [{ kind: "secret-shown", message: "a canary (base64) showed", fails: true }],
      }),
    );
    expect(text).toContain('errors="1"');
    expect(text).toContain('<error message="a canary (base64) showed"/>');
    expect(text).toContain('<skipped message="known, see #12"/>');
  });
});

describe("report.html", () => {
  const html = reportHtml(report);

  test("fetches nothing and admits no script but its own", () => {
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/(src|href)="https?:\/\//);
  });

  test("shows expected and got, the exchange and how to repeat it, escaped", () => {
    expect(html).toContain("npx mountproof run --id PC-09 --seed 7");
    expect(html).toContain("/P/Mount");
    expect(html).not.toContain("<v1>");
  });

  test("leads with the worst verdict", () => {
    expect(html).toContain("<title>Not conformant · Mountproof</title>");
  });

  test("shows an outline's title with its blanks, and how many rows filled them", () => {
    const outline = sampleCase({ title: "The call <call> is refused", runs: { total: 12, failed: 0 } });
    expect(reportHtml(sampleReport([outline]))).toContain("The call <i>call</i> is refused<small>12 runs</small>");
  });

  test("makes no link of an address that is none of the web", () => {
    const sly = sampleFailure({ docs: ["javascript:alert(1)"] });
    expect(reportHtml(sampleReport([sly]))).not.toContain('href="javascript:');
  });
});

describe("progress", () => {
  test("in a log is one line a scenario and ends with the counts", () => {
    let text = "";
    const listen = plainProgress((more) => {
      text += more;
    }, "out");
    listen({ type: "started", subjects: ["mine"], cases: 1, seed: 7 });
    listen({
      type: "executed",
      id: "PC-33",
      title: "x",
      subject: "mine",
      behaviour: "hardened",
      status: "skipped",
      durationMs: 1,
      reason: "needs X\nsecond line",
    });
    listen({ type: "finished", report });
    expect(text).toContain("skipped PC-33 x (1 ms): needs X\n");
    expect(text.trimEnd().split("\n").at(-1)).toBe("1 passed, 1 failed, 1 skipped");
  });

  test("in a terminal cannot be steered by what a subject prints", () => {
    let text = "";
    const write = (more: string): void => {
      text += more;
    };
    const listen = liveProgress({ write, paint: NO_COLOURS, columns: () => 80 });
    listen({ type: "started", subjects: ["evil\u001b[2J"], cases: 1, seed: 7 });
    expect(text).not.toContain("\u001b[2J");
    const escaped = escapeTerminal("a\u001b[31mb\u0007");
    expect(["\u001b", "\u0007"].filter((sign) => escaped.includes(sign))).toEqual([]);
  });
});
