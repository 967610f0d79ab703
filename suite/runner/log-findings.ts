import { basename, dirname } from "node:path";
import type { Finding } from "../../reports/index.ts";
import type { RunContext } from "../run-context.ts";

type Sighting = ReturnType<RunContext["sightings"]>[number];

/**
 * What secrets in the logs of programs come to: one finding for each program and secret, which says where it showed
 * first and how often. It fails the run and its subject's verdict, and no case: none of them is about the log. Pure.
 */
export function logFindings(sightings: readonly Sighting[]): Finding[] {
  const groups = Map.groupBy(sightings, ({ program, label, during }) =>
    JSON.stringify([program, label, during?.subject]),
  );
  return [...groups.values()].map((group) => {
    const [{ label, program, line, file, during }] = group as [Sighting, ...Sighting[]];
    const forms = [...new Set(group.map(({ form }) => form))].join(", ");
    const log = file === undefined ? undefined : `${basename(dirname(file))}/${basename(file)}`;
    const lines = new Set(group.map((one) => one.line)).size;
    const where = [
      log === undefined ? `line ${line}` : `line ${line} of ${log}`,
      during === undefined ? "before the first case" : `while ${during.id} ran`,
      ...(lines > 1 ? [`${lines} lines in all`] : []),
    ];
    return {
      kind: "secret-shown",
      message: `${label} (${forms}) showed in the log of ${program}: ${where.join(", ")}`,
      fails: true,
      ...(during !== undefined && { subject: during.subject, case: during.id }),
      ...(log !== undefined && { file: log }),
      line,
    };
  });
}
