import type { Case } from "../suite/index.ts";
import type { DefineCommand } from "./define-command.ts";
import { addSelection, type SelectionFlags, selectionOf } from "./selection-flags.ts";

/** `mountproof cases`: the catalogue. */
export const defineCases: DefineCommand = (program) => {
  const command = program
    .command("cases")
    .description("list the catalogue of cases")
    .option("--json", "print one JSON array");
  addSelection(command).action(async (flags: SelectionFlags & { json?: boolean }) => {
    const { assertSound, loadCatalogue, layoutOf, select } = await import("../suite/catalogue/index.ts");
    const catalogue = await loadCatalogue(layoutOf());
    assertSound(catalogue);
    const cases = select(catalogue.cases, selectionOf(flags));
    process.stdout.write(flags.json === true ? `${JSON.stringify(cases.map(shown), null, 2)}\n` : table(cases));
  });
};

function shown({ id, profile, level, strength, needs, title, file, line, behaviours, tier, docs }: Case) {
  return { id, profile, level, strength, features: needs, title, file, line, behaviours, tier, docs };
}

function table(cases: readonly Case[]): string {
  const lines = cases.map((one) => {
    const needs = one.needs.length === 0 ? "" : ` (needs ${one.needs.join(", ")})`;
    return `${one.profile.padEnd(15)} ${one.id.padEnd(8)} ${one.level.padEnd(11)} ${one.strength.padEnd(6)} ${one.title}${needs}`;
  });
  return `${lines.join("\n")}\n${cases.length} cases\n`;
}
