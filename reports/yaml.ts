import type { Report } from "./model.ts";

/** report.yaml: the report as it is, for people and programs alike. */
export function reportYaml(report: Report): string {
  const lines = [`# Mountproof report, version ${report.report}. Check it with: npx mountproof report verify FILE`];
  writeEntries(report, "", lines);
  return `${lines.join("\n")}\n`;
}

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * YAML of plain data, block by block. The library that reads it back loses a space before a line's end when it writes,
 * and takes its time over a megabyte: this one knows one form of each thing, and every text comes back as it was.
 */
function writeEntries(value: object, indent: string, lines: string[]): void {
  for (const [key, item] of Object.entries(value) as [string, Json][])
    if (item !== undefined) write(`${indent}${scalar(key)}:`, item, indent, lines);
}

/** @param head what stands before the value in its line */
function write(head: string, value: Json, indent: string, lines: string[]): void {
  if (Array.isArray(value)) {
    if (value.length === 0) return void lines.push(`${head} []`);
    lines.push(head);
    for (const item of value) writeItem(item ?? null, `${indent}  `, lines);
  } else if (typeof value === "object" && value !== null) {
    if (Object.values(value).every((item) => item === undefined)) return void lines.push(`${head} {}`);
    lines.push(head);
    writeEntries(value, `${indent}  `, lines);
  } else lines.push(`${head} ${scalar(value as string, `${indent}  `)}`);
}

function writeItem(item: Json, indent: string, lines: string[]): void {
  if (typeof item !== "object" || item === null || Object.keys(item).length === 0) {
    write(`${indent}-`, item, indent, lines);
    return;
  }
  // The first line of what is below stands behind the dash.
  const inner: string[] = [];
  if (Array.isArray(item)) for (const one of item) writeItem(one, `${indent}  `, inner);
  else writeEntries(item, `${indent}  `, inner);
  if (inner.length === 0) return void lines.push(`${indent}- {}`);
  inner[0] = `${indent}- ${(inner[0] ?? "").slice(indent.length + 2)}`;
  lines.push(...inner);
}

/** What needs no quotes in block style: begins with a letter, and holds nothing that YAML takes for more than text. */
const PLAIN = /^[A-Za-z_/][\w ./()%+=<>@,;-]*$/;
/** Words that a reader of YAML 1.1 or 1.2 takes for something else. */
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
/** What a block of lines can hold as it is. */
const BLOCK = /^[^\s][\t\n\x20-\x7e\xa0-\ud7ff]*$/;

function scalar(value: string | number | boolean | null, indent?: string): string {
  if (typeof value !== "string") return String(value);
  if (PLAIN.test(value) && !value.endsWith(" ") && !RESERVED.test(value)) return value;
  if (indent !== undefined && value.includes("\n") && BLOCK.test(value)) return block(value, indent);
  // A JSON string is a double-quoted one of YAML.
  return JSON.stringify(value);
}

/** A literal block; how many line ends it has at its end is said in its head. */
function block(text: string, indent: string): string {
  const body = text.replace(/\n+$/, "");
  const ends = text.length - body.length;
  const head = ends === 0 ? "|-" : ends === 1 ? "|" : "|+";
  const lines = (ends > 1 ? text.slice(0, -1) : body).split("\n");
  return [head, ...lines.map((line) => (line === "" ? "" : `${indent}${line}`))].join("\n");
}
