import { stringify } from "yaml";
import { escapeTerminal } from "../escape.ts";
import { type CaseResult, causeLine } from "../model.ts";
import type { Paint } from "./paint.ts";

/** How many exchanges a terminal shows; the report has them all. */
const SHOWN_EXCHANGES = 4;

/** A failed case for a terminal: its steps, expected and got, the exchange on the wire, how to repeat it. */
export function failureText(result: CaseResult, paint: Paint): string {
  const { failure } = result;
  const cause = causeLine(result);
  const head = `${paint.bad("✗")} ${paint.strong(`${result.id} ${result.title}`)} ${paint.faint(`${result.profile}, ${result.strength}, ${result.subject}${result.behaviour === "hardened" ? "" : `, ${result.behaviour}`}`)}`;
  // What comes from another failure is told shortly; the report holds it in full.
  if (cause !== undefined)
    return [
      head,
      `    ${paint.warn(cause)}${failure?.step === undefined ? "" : `, at: ${escapeTerminal(failure.step)}`}`,
      ...block(failure?.message ?? "", "    ", paint.bad),
      ...repeated(result, paint),
    ].join("\n");
  const lines = [
    head,
    ...result.steps.map((step) => `    ${stepMark(step.status, paint)} ${step.keyword} ${step.text}`),
    "",
    ...block(failure?.message ?? "", "    ", paint.bad),
    ...labelled("expected", failure?.expected, paint.good),
    ...labelled("got", failure?.got, paint.bad),
    ...labelled("hint", failure?.hint, (text) => text),
  ];
  const exchanges = result.exchanges.slice(-SHOWN_EXCHANGES);
  if (exchanges.length > 0) {
    const left = result.exchanges.length - exchanges.length;
    lines.push("", `    ${paint.faint(`on the wire${left > 0 ? ` (${left} more in the report)` : ""}`)}`);
    for (const { operation, status, tookMs, detail } of exchanges) {
      lines.push(
        `      ${operation} → ${status === "OK" ? paint.good(status) : paint.bad(status)} ${paint.faint(`${tookMs} ms`)}`,
      );
      if (Object.keys(detail).length > 0)
        lines.push(...block(stringify(detail, { lineWidth: 0 }).trimEnd(), "        ", paint.faint));
    }
  }
  if (result.log.length > 0)
    lines.push(
      "",
      `    ${paint.faint("log")}`,
      ...result.log.slice(-10).flatMap((line) => block(line, "      ", paint.faint)),
    );
  const repeat = repeated(result, paint);
  if (repeat.length > 0) lines.push("", ...repeat);
  return lines.join("\n");
}

function repeated({ repeat }: CaseResult, paint: Paint): string[] {
  return repeat === undefined ? [] : [`    ${paint.faint("repeat:")} ${escapeTerminal(repeat)}`];
}

function stepMark(status: string, paint: Paint): string {
  if (status === "passed") return paint.good("✓");
  return status === "skipped" ? paint.faint("·") : paint.bad("✗");
}

function labelled(label: string, text: string | undefined, colour: (text: string) => string): string[] {
  if (text === undefined) return [];
  const lines = escapeTerminal(text).split("\n");
  return lines.map((line, index) => `    ${index === 0 ? `${label}:`.padEnd(10) : " ".repeat(10)}${colour(line)}`);
}

function block(text: string, indent: string, colour: (text: string) => string): string[] {
  return escapeTerminal(text)
    .split("\n")
    .map((line) => `${indent}${colour(line)}`);
}
