import type { ParityRow, ParityTable } from "./compare.ts";

const MARKS = { passed: "✓", failed: "✗", skipped: "–", absent: "–" } as const;

/** The tables as `docs/parity.md` shows them: figures first, then what differs, then each case. */
export function parityMarkdown(tables: readonly ParityTable[]): string {
  const parts = tables.map(section);
  return `# Parity\n\nThe same cases on the reference parts and on others, made by \`npm run parity\`. ✓ meets the case, ✗ does not, – did not run it.\n\n${parts.join("\n")}`;
}

function section(table: ParityTable): string {
  const { reference, other, behaviour, measured, counts, rows, unusedNotes } = table;
  const compared = counts.same + counts.explained + counts.unexplained;
  const differing = rows.filter(({ outcome }) => outcome === "explained" || outcome === "unexplained");
  const left = rows.filter(({ outcome }) => outcome === "not compared");
  return [
    `## ${other}, beside ${reference} (${behaviour})\n`,
    `${compared} cases compared: ${counts.same} with one verdict, ${counts.explained} that differ for a known reason, ${counts.unexplained} that nobody has explained. ${counts["not compared"]} were not compared.${measured === undefined ? "" : ` Measured on ${measured}.`}\n`,
    ...(differing.length === 0 ? [] : ["### What differs\n", ...differing.map(difference), ""]),
    ...(left.length === 0 ? [] : ["### Not compared\n", ...byReason(left), ""]),
    ...(unusedNotes.length === 0 ? [] : [`Notes that this run did not need: ${unusedNotes.join(", ")}.\n`]),
    "### Each case\n",
    `| case | profile | ${reference} | ${other} |`,
    "|---|---|---|---|",
    ...rows.map(
      (row) => `| ${row.id} ${cell(row.title)} | ${row.profile} | ${MARKS[row.reference]} | ${MARKS[row.other]} |`,
    ),
    "",
  ].join("\n");
}

function difference({ id, title, reason, failure, outcome }: ParityRow): string {
  const why = outcome === "unexplained" ? "**unexplained**" : cell(reason ?? "");
  return `- **${id}** ${cell(title)}: ${why}${failure ? ` (${cell(failure)})` : ""}`;
}

function byReason(rows: readonly ParityRow[]): string[] {
  const ids = new Map<string, Set<string>>();
  for (const { id, reason = "" } of rows) ids.set(reason, (ids.get(reason) ?? new Set()).add(id));
  return [...ids].map(([reason, some]) => `- ${cell(reason)}: ${[...some].join(", ")}`);
}

/** One line, and no column of its own. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}
