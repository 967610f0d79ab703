import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEFECTS } from "../../driver/index.ts";
import { layoutOf } from "../layout.ts";
import { loadCatalogue } from "./load.ts";
import { numberedIn, unanswered } from "./spec-cases.ts";

const SPEC = `
| B1 | a defect |
| FW-01 | not a case: it stands above |

## 13. Black-box conformance cases
### Profile one
| ID | Lvl | Stimulus |
|---|---|---|
| AB-01 | M | something |
|A02|without spaces|
| AB-03 | Q | something else |

## 14. Something else
| AB-04 | no case |
6. B20 (new): measured.
`;

test("cases are the rows of their section, defects those of any", () => {
  expect(numberedIn(SPEC)).toEqual({ cases: ["AB-01", "A02", "AB-03"], defects: ["B1", "B20"] });
  expect(numberedIn("# no cases\n| AB-01 | x |")).toEqual({ cases: [], defects: [] });
});

test("a case is answered by a scenario of its id, by a variant of it, or by a reason that says something", () => {
  const { cases } = numberedIn(SPEC);
  expect(unanswered(cases, ["AB-01h", "A02"], "")).toEqual(["AB-03"]);
  expect(unanswered(cases, ["AB-01", "A02"], "| AB-03 | needs a real cloud |")).toEqual([]);
  expect(unanswered(cases, ["AB-01", "A02"], "| AB-03 |  |")).toEqual(["AB-03"]);
  expect(unanswered(cases, ["AB-011", "A02", "AB-03"], "")).toEqual(["AB-01"]);
});

describe("the specifications, where they are", async () => {
  const layout = layoutOf();
  const { root } = layout;
  const folder = process.env["MOUNTPROOF_SPEC"] ?? join(root, "../shared/spec");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".md"));

  test("every numbered case has a scenario, or docs/coverage.md a reason", async ({ skip }) => {
    if (names.length === 0) skip("the specifications are not here; MOUNTPROOF_SPEC names their folder");
    const scenarios = (await loadCatalogue(layout)).cases.map(({ id }) => id);
    const reasons = await readFile(join(root, "docs/coverage.md"), "utf8");
    const open = await Promise.all(
      names.map(async (name) => {
        const { cases } = numberedIn(await readFile(join(folder, name), "utf8"));
        return unanswered(cases, scenarios, reasons).map((id) => `${name}: ${id}`);
      }),
    );
    expect(open.flat()).toEqual([]);
  });

  test("every known defect of the driver can be switched on, and a case is named that notices", async ({ skip }) => {
    if (!names.includes("driver.md")) skip("the driver's specification is not here; MOUNTPROOF_SPEC names its folder");
    const { defects } = numberedIn(await readFile(join(folder, "driver.md"), "utf8"));
    const noticed = new Set<string>(DEFECTS.filter(({ breaks }) => breaks.length > 0).map(({ id }) => id));
    expect(defects.length).toBeGreaterThan(20);
    expect(defects.filter((id) => !noticed.has(id))).toEqual([]);
  });
});
