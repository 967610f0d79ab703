import { readFileSync } from "node:fs";

export type RecordedExchange = {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly status: number;
  readonly answer?: unknown;
  /** The curl command that made it. */
  readonly command: string;
};

export type RecordedStep = { readonly step: number; readonly command: string; readonly exchanges: RecordedExchange[] };

type Line = { readonly step: number; readonly command?: string } & Partial<RecordedExchange>;

/** A recorded script: its steps, each with the exchanges of its curl commands in order. */
export function readRecording(name: string): RecordedStep[] {
  const text = readFileSync(new URL(`../fixtures/${name}.ndjson`, import.meta.url), "utf8");
  const steps: RecordedStep[] = [];
  for (const line of text
    .split("\n")
    .filter(Boolean)
    .map((row) => JSON.parse(row) as Line)) {
    if (line.command !== undefined) steps.push({ step: line.step, command: line.command, exchanges: [] });
    else {
      const step = steps.at(-1);
      // One exchange a curl, except where Node's parser refused the method on the way (LIST).
      const commands = step?.command.split(/(?=\bcurl\b)/).filter((part) => part.startsWith("curl")) ?? [];
      const command = commands[step?.exchanges.length ?? 0] ?? "";
      step?.exchanges.push({ ...(line as RecordedExchange), command });
    }
  }
  return steps;
}

/** The header a curl command sends, variables not filled in. */
export function headerOf(command: string, name: string): string | undefined {
  return new RegExp(`-H ["']${name}: ([^"']+)["']`).exec(command)?.[1];
}
