import { stringify } from "yaml";
import { escapeMarkup as text } from "../escape.ts";
import type { CaseResult, CaseStatus, Exchange, StepResult } from "../model.ts";
import { markDifferent } from "./difference.ts";

/** Which palette a status takes. */
export const TONES: Readonly<Record<CaseStatus, string>> = {
  passed: "good",
  failed: "bad",
  skipped: "warn",
  waived: "warn",
};

/** A failed or waived case in full. */
export function caseCard(result: CaseResult): string {
  return `<article class="case bad" id="${anchorOf(result)}">
<header><h3><code>${text(result.id)}</code>${titleOf(result)}</h3>${metaLine(result)}</header>
<div class="body">${result.status === "waived" ? `<p class="note warn">Waived: ${text(result.reason ?? "")}</p>` : ""}${caseBody(result)}</div>
</article>`;
}

/** A case as one line that opens. */
export function caseRow(result: CaseResult): string {
  const words = [
    result.id,
    result.title,
    result.profile,
    result.subject,
    result.behaviour,
    result.status,
    result.feature,
  ];
  const isShownAbove = result.status === "failed" || result.status === "waived";
  const body = isShownAbove ? `<p class="meta"><a href="#${anchorOf(result)}">shown above</a></p>` : rowBody(result);
  return `<details class="row ${TONES[result.status]}" data-status="${result.status}" data-text="${text(words.join(" ").toLowerCase())}"${isShownAbove ? "" : ` id="${anchorOf(result)}"`}>
<summary><span class="pill ${TONES[result.status]}">${result.status}</span><span class="title"><code class="id">${text(result.id)}</code>${titleOf(result)}</span><span class="ms">${milliseconds(result.durationMs)}</span></summary>
<div class="body">${body}</div></details>`;
}

export function anchorOf(result: CaseResult): string {
  return text(`${result.id}-${result.subject}-${result.behaviour}`.replace(/[^\w.-]+/g, "-"));
}

/** An outline's title with its blanks, and how many rows filled them. */
function titleOf({ title, runs }: CaseResult): string {
  const words = text(title).replace(/&lt;([\w ]+)&gt;/g, "<i>$1</i>");
  return runs === undefined || runs.total < 2 ? words : `${words}<small>${runs.total} runs</small>`;
}

function rowBody(result: CaseResult): string {
  const reason = result.reason === undefined ? "" : `<p class="note warn">${text(result.reason)}</p>`;
  return `${metaLine(result)}${reason}${notes(result)}${steps(result.steps)}`;
}

function caseBody(result: CaseResult): string {
  const { failure } = result;
  const expected = failure?.expected;
  const got = failure?.got;
  return [
    steps(result.steps),
    causeNote(result),
    failure === undefined ? "" : `<p class="message">${text(failure.message)}</p>`,
    expected === undefined && got === undefined
      ? ""
      : `<div class="sides">${side("Expected", expected, got, "good")}${side("Got", got, expected, "bad")}</div>`,
    failure?.hint === undefined ? "" : `<p class="hint"><b>Hint</b> ${text(failure.hint)}</p>`,
    notes(result),
    result.exchanges.length === 0 ? "" : wire(result.exchanges),
    fold("Log", result.log.join("\n")),
    fold("Where it was thrown", failure?.stack ?? ""),
    result.repeat === undefined
      ? ""
      : `<div class="again"><pre>${text(result.repeat)}</pre><button type="button" data-copy hidden>Copy</button></div>`,
  ].join("");
}

/** Says which failure this one comes from, and leads there. */
function causeNote(result: CaseResult): string {
  const { failure } = result;
  const id = failure?.followsFrom ?? failure?.sameAs;
  if (id === undefined) return "";
  const link = `<a href="#${anchorOf({ ...result, id })}">${text(id)}</a>`;
  return `<p class="note warn">${failure?.followsFrom === undefined ? `Fails as ${link} does.` : `Follows from ${link}: mend that one first.`}</p>`;
}

function metaLine(result: CaseResult): string {
  const { profile, level, strength, subject, behaviour, file, line, docs, runs } = result;
  const parts = [profile, `${level}, ${strength}`, subject, behaviour, `${file}:${line}`].map(text);
  if (runs !== undefined) parts.push(`${runs.failed} of ${runs.total} runs failed`);
  const links = docs.map(
    (url, index) =>
      `<a href="${text(safeUrl(url))}" rel="noreferrer">docs${docs.length > 1 ? ` ${index + 1}` : ""}</a>`,
  );
  return `<p class="meta">${[...parts, ...links].join(" · ")}</p>`;
}

function steps(list: readonly StepResult[]): string {
  if (list.length === 0) return "";
  const items = list.map((step) => {
    const tone = step.status === "passed" ? "good" : step.status === "skipped" ? "none" : "bad";
    const more =
      (step.docString === undefined ? "" : `<pre>${text(step.docString)}</pre>`) +
      (step.table === undefined
        ? ""
        : `<table>${step.table.map((row) => `<tr>${row.map((cell) => `<td>${text(cell)}</td>`).join("")}</tr>`).join("")}</table>`);
    return `<li class="${tone}"><b>${text(step.keyword)}</b>${text(step.text)}${more}</li>`;
  });
  return `<ol class="steps">${items.join("")}</ol>`;
}

function side(caption: string, content: string | undefined, other: string | undefined, tone: string): string {
  if (content === undefined) return "";
  const lines = markDifferent(content, other ?? "").map(({ line, differs }) =>
    differs && other !== undefined ? `<mark class="${tone}">${text(line)}</mark>` : text(line),
  );
  return `<figure><figcaption>${caption}</figcaption><pre>${lines.join("\n")}</pre></figure>`;
}

function wire(exchanges: readonly Exchange[]): string {
  const items = exchanges.map(({ seam, server, operation, status, atMs, tookMs, detail }) => {
    const isGood = status === "OK" || /^[23]\d\d$/.test(status);
    const shown =
      Object.keys(detail).length === 0 ? "" : `<pre>${text(stringify(detail, { lineWidth: 0 }).trimEnd())}</pre>`;
    return `<div class="wire"><h4><code>${text(operation)}</code><span class="pill ${isGood ? "good" : "bad"}">${text(status)}</span><span class="meta">${text(seam)}, ${text(server)}, at ${milliseconds(atMs)}, took ${milliseconds(tookMs)}</span></h4>${shown}</div>`;
  });
  return `<details open><summary>On the wire (${exchanges.length})</summary>${items.join("")}</details>`;
}

function fold(title: string, content: string): string {
  return content === "" ? "" : `<details><summary>${title}</summary><pre>${text(content)}</pre></details>`;
}

function notes(result: CaseResult): string {
  return result.notes.map((note) => `<p class="note warn">${text(note)}</p>`).join("");
}

/** Only web addresses become links: the text of a feature file is not to be trusted with `javascript:`. */
function safeUrl(url: string): string {
  return /^https?:\/\//i.test(url) ? url : "#";
}

export function milliseconds(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms >= 10 ? Math.round(ms) : Math.round(ms * 10) / 10} ms`;
}
