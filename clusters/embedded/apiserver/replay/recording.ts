import { readFileSync } from "node:fs";

export type Body = {
  readonly json?: unknown;
  readonly text?: string;
  readonly base64?: string;
};

/** One HTTP exchange of a real client with a real kube-apiserver 1.34, as it was recorded. */
export type Exchange = {
  readonly step: number;
  readonly method: string;
  /** Decoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly impersonate?: string;
  readonly status: number;
  readonly warning?: string;
  readonly answer?: Body;
};

export type Step = { readonly step: number; readonly command: string; readonly exchanges: Exchange[] };

/** The steps of a script: a shell command each, with what it sent. Watches and discovery are left out. */
export function readRecording(name: string): Step[] {
  const text = readFileSync(new URL(`./fixtures/${name}.ndjson`, import.meta.url), "utf8");
  const steps: Step[] = [];
  for (const line of text.trim().split("\n")) {
    const entry = JSON.parse(line) as Exchange & { command?: string };
    if (entry.command !== undefined) steps.push({ step: entry.step, command: entry.command, exchanges: [] });
    else steps.at(-1)?.exchanges.push(entry);
  }
  return steps;
}
