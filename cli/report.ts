import { readFile } from "node:fs/promises";
import type { DefineCommand } from "./define-command.ts";
import { ExitCode } from "./exit.ts";

/** `mountproof report verify FILE`: is this a report, and do its numbers agree with its cases? */
export const defineReport: DefineCommand = (program, finish) => {
  const report = program.command("report").description("work with reports");
  report
    .command("verify")
    .description("check a report.yaml against the schema and against itself")
    .argument("[file]", "the report", "reports/out/latest/report.yaml")
    .action(async (file: string) => {
      const { MountproofError, messageOf } = await import("../core/index.ts");
      const { summaryLine, verifyReport } = await import("../reports/index.ts");
      const text = await readFile(file, "utf8").catch((cause: unknown) => {
        throw new MountproofError("invalid_argument", {
          message: `the report "${file}" cannot be read: ${messageOf(cause)}`,
          cause,
        });
      });
      const result = verifyReport(text);
      if (result.valid) process.stdout.write(`${file} is a sound report: ${summaryLine(result.report.summary)}\n`);
      else
        process.stderr.write(
          `${file} is not a sound report:\n${result.problems.map((one) => `  ${one}`).join("\n")}\n`,
        );
      finish(result.valid ? ExitCode.good : ExitCode.failed);
    });
};
