import { stringify } from "yaml";
import type { Report } from "./model.ts";

/** report.yaml: the report as it is, for people and programs alike. */
export function reportYaml(report: Report): string {
  return `# Mountproof report, version ${report.report}. Check it with: npx mountproof report verify FILE\n${stringify(report, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
