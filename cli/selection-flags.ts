import type { Command } from "commander";
import type { Selection } from "../suite/index.ts";

export type SelectionFlags = {
  readonly profile?: string[];
  readonly id?: string[];
  readonly tags?: string;
  readonly grep?: string;
};

/** The flags by which cases are chosen, the same for every command that takes cases. */
export function addSelection(command: Command): Command {
  return command
    .option("--profile <id...>", "only these profiles, such as PROVIDER-GRPC", splitList)
    .option("--id <id...>", "only these cases, such as PC-04", splitList)
    .option("--tags <expression>", 'only cases with these tags: "@core and not @needs:rotate"')
    .option("--grep <pattern>", "only cases whose id or title matches");
}

export function selectionOf(flags: SelectionFlags): Selection {
  return {
    profiles: flags.profile ?? [],
    ids: flags.id ?? [],
    ...(flags.tags !== undefined && { tags: flags.tags }),
    ...(flags.grep !== undefined && { grep: flags.grep }),
  };
}

/** `--id A B`, `--id A,B` and `--id A --id B` mean the same. */
function splitList(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), ...value.split(",").filter((part) => part !== "")];
}
