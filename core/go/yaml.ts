import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";

/**
 * YAML as Go programs on yaml.v3 read it: which plain text is a number, and what is said of a document that does not
 * fit the types it is read into. The first document counts; what follows is not looked at.
 */
export type GoYaml =
  | { readonly kind: "null"; readonly line: number }
  | {
      readonly kind: "scalar";
      readonly tag: "!!str" | "!!int" | "!!float" | "!!bool" | "!!timestamp";
      readonly text: string;
      /** Without quotes: what YAML 1.1 takes for a boolean, such as `yes`, may be one to a Go program. */
      readonly isPlain: boolean;
      readonly line: number;
    }
  | { readonly kind: "map"; readonly entries: readonly (readonly [GoYaml, GoYaml])[]; readonly line: number }
  | { readonly kind: "seq"; readonly items: readonly GoYaml[]; readonly line: number };

/** A document that cannot be read, in yaml.v3's words. */
export class GoYamlError extends Error {
  override readonly name = "GoYamlError";
}

/** Collects what does not fit, as yaml.v3 does, and tells all of it at the end. */
export class GoYamlProblems {
  readonly #lines: string[] = [];

  add(node: GoYaml, into: string): void {
    this.#lines.push(`  line ${node.line}: cannot unmarshal ${shown(node)} into ${into}`);
  }

  say(line: number, what: string): void {
    this.#lines.push(`  line ${line}: ${what}`);
  }

  /** @throws GoYamlError when anything was collected */
  check(): void {
    if (this.#lines.length > 0) throw new GoYamlError(`yaml: unmarshal errors:\n${this.#lines.join("\n")}`);
  }
}

/** @throws GoYamlError for what is no YAML. Undefined for an empty text. */
export function parseGoYaml(text: string): GoYaml | undefined {
  const counter = new LineCounter();
  const source = firstDocument(text);
  const document = parseDocument(source, {
    lineCounter: counter,
    schema: "failsafe",
    uniqueKeys: false,
    keepSourceTokens: false,
    prettyErrors: false,
  });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw syntaxError(problem.code, problem.message, counter.linePos(problem.pos[0]).line, source, problem.pos[0]);
  const root = document.contents as Node | null;
  if (root === null) return undefined;
  const guard = new AliasGuard();
  const read = (node: unknown): GoYaml => {
    const line = counter.linePos((node as Node | undefined)?.range?.[0] ?? 0).line;
    guard.count();
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target === undefined ? { kind: "null", line } : guard.inside(node.source, target, () => read(target));
    }
    if (isMap(node))
      return {
        kind: "map",
        line,
        entries: merged((node as YAMLMap).items.map(({ key, value }) => [read(key), read(value)] as const)),
      };
    if (isSeq(node)) return { kind: "seq", line, items: node.items.map(read) };
    if (isScalar(node)) return scalar(node, line);
    return { kind: "null", line };
  };
  return read(root);
}

/** Few lines with anchors can stand for millions of values: go-yaml's own bounds (decode.go, allowedAliasRatio). */
class AliasGuard {
  #read = 0;
  #readByAlias = 0;
  readonly #open = new Set<unknown>();

  /** @throws GoYamlError when aliases make up too much of what is read */
  count(): void {
    this.#read++;
    if (this.#open.size > 0) this.#readByAlias++;
    if (this.#readByAlias > 100 && this.#read > 1000 && this.#readByAlias / this.#read > allowedRatio(this.#read))
      throw new GoYamlError("yaml: document contains excessive aliasing");
  }

  /** @throws GoYamlError for an anchor that stands inside of itself */
  inside<T>(name: string, target: unknown, work: () => T): T {
    if (this.#open.has(target)) throw new GoYamlError(`yaml: anchor '${name}' value contains itself`);
    this.#open.add(target);
    try {
      return work();
    } finally {
      this.#open.delete(target);
    }
  }
}

const MANY = 400_000;
const TOO_MANY = 4_000_000;

function allowedRatio(read: number): number {
  if (read <= MANY) return 0.99;
  if (read >= TOO_MANY) return 0.1;
  return 0.99 - (0.89 * (read - MANY)) / (TOO_MANY - MANY);
}

type Entries = readonly (readonly [GoYaml, GoYaml])[];

/** `<<` brings in the entries of other mappings; the mapping's own win. */
function merged(entries: Entries): Entries {
  const isMerge = ([key]: Entries[number]): boolean => key.kind === "scalar" && key.text === "<<";
  if (!entries.some(isMerge)) return entries;
  const own = entries.filter((entry) => !isMerge(entry));
  const names = new Set(own.map(([key]) => (key.kind === "scalar" ? key.text : "")));
  const brought = entries.filter(isMerge).flatMap(([, value]) => (value.kind === "seq" ? value.items : [value]));
  const added = brought.flatMap((map) => (map.kind === "map" ? map.entries : []));
  return [...own, ...added.filter(([key]) => key.kind === "scalar" && !names.has(key.text))];
}

/** Complains of a key that stands twice, as yaml.v3 does for every mapping. */
export function checkKeys(node: GoYaml, problems: GoYamlProblems): void {
  if (node.kind === "seq") for (const item of node.items) checkKeys(item, problems);
  if (node.kind !== "map") return;
  const seen = new Map<string, number>();
  for (const [key, value] of node.entries) {
    if (key.kind === "scalar") {
      const before = seen.get(key.text);
      if (before === undefined) seen.set(key.text, key.line);
      else problems.say(key.line, `mapping key ${JSON.stringify(key.text)} already defined at line ${before}`);
    }
    checkKeys(value, problems);
  }
}

/** The text of a scalar for a Go string field: numbers and booleans as written; undefined for null. */
export function textOf(node: GoYaml, problems: GoYamlProblems, into = "string"): string | undefined {
  if (node.kind === "null") return undefined;
  if (node.kind === "scalar") return node.text;
  problems.add(node, into);
  return undefined;
}

/** An integer for a Go integer field; `1.5` is cut to 1, as yaml.v3 does. */
export function integerOf(node: GoYaml, problems: GoYamlProblems, into: string, lowest: number): number | undefined {
  if (node.kind === "null") return undefined;
  if (node.kind === "scalar" && (node.tag === "!!int" || node.tag === "!!float")) {
    const value = Math.trunc(numberOfText(node.text));
    if (Number.isSafeInteger(value) && value >= lowest) return value;
  }
  problems.add(node, into);
  return undefined;
}

/** A boolean for a Go bool field; YAML 1.1's `yes` and `on` count there. */
export function booleanOf(node: GoYaml, problems: GoYamlProblems): boolean | undefined {
  if (node.kind === "null") return undefined;
  if (node.kind === "scalar") {
    if (/^(true|True|TRUE|y|Y|yes|Yes|YES|on|On|ON)$/.test(node.text)) return true;
    if (/^(false|False|FALSE|n|N|no|No|NO|off|Off|OFF)$/.test(node.text)) return false;
  }
  problems.add(node, "bool");
  return undefined;
}

/** `0600`, `0x1f`, `0o17`, `1_000`, `1e3`, `.inf` */
export function numberOfText(text: string): number {
  const plain = text.replaceAll("_", "");
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0o[0-7]+|0b[01]+|0[0-7]+)$/.exec(plain);
  if (match !== null) {
    const digits = match[2] ?? "";
    const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    return match[1] === "-" ? -value : value;
  }
  if (/^[-+]?\.(inf|Inf|INF)$/.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(plain)) return Number.NaN;
  return Number(plain);
}

const INT = /^[-+]?(0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+|0[0-7_]+)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{2}:\d{2}(\.\d+)?( ?([Zz]|[-+]\d{1,2}(:\d{2})?))?)?$/;

function scalar(node: Scalar, line: number): GoYaml {
  const text = String(node.value ?? "");
  const isPlain = node.type === "PLAIN" || node.type === undefined;
  if (!isPlain || node.tag === "tag:yaml.org,2002:str" || node.tag === "!")
    return { kind: "scalar", tag: "!!str", text, isPlain: false, line };
  if (/^(|~|null|Null|NULL)$/.test(text)) return { kind: "null", line };
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return { kind: "scalar", tag: "!!bool", text, isPlain, line };
  if (INT.test(text)) return { kind: "scalar", tag: "!!int", text, isPlain, line };
  if (FLOAT.test(text)) return { kind: "scalar", tag: "!!float", text, isPlain, line };
  if (TIMESTAMP.test(text)) return { kind: "scalar", tag: "!!timestamp", text, isPlain, line };
  return { kind: "scalar", tag: "!!str", text, isPlain, line };
}

/** yaml.v3 shows a scalar's value, cut after ten bytes. */
function shown(node: GoYaml): string {
  if (node.kind === "map") return "!!map";
  if (node.kind === "seq") return "!!seq";
  if (node.kind === "null") return "!!null";
  const cut = node.text.length > 10 ? `${node.text.slice(0, 7)}...` : node.text;
  return `${node.tag} \`${cut}\``;
}

function firstDocument(text: string): string {
  const end = /^(---|\.\.\.)(\s|$)/gm;
  for (let match = end.exec(text); match !== null; match = end.exec(text)) {
    const before = text.slice(0, match.index);
    // A leading marker begins the first document; only comments and directives may stand before it.
    if (
      match[1] === "---" &&
      /^(\s*|#.*|%.*)*$/m.test(before) &&
      before.split("\n").every((line) => /^\s*([#%].*)?$/.test(line))
    )
      continue;
    return before;
  }
  return text;
}

function syntaxError(code: string, message: string, line: number, source: string, at: number): GoYamlError {
  const isIndentedByTab = /(^|\n)[ ]*\t[ \t]*$/.test(source.slice(0, at));
  if (code === "TAB_AS_INDENT" || source[at] === "\t" || isIndentedByTab || /tab/i.test(message))
    return new GoYamlError(`yaml: line ${line}: found a tab character that violates indentation`);
  // A collection in brackets that is never closed: libyaml counts lines from zero here, and text that does not end
  // with a line has one more.
  const open = /^Flow (sequence|map)/.exec(message)?.[1];
  if (code === "BAD_INDENT" && open !== undefined) {
    const isAtEnd = at >= source.length - 1 && !source.endsWith("\n");
    // A bracket that nothing follows wants a node; after one, it is to go on or to close.
    const wanted = /[[{,]\s*$/.test(source) ? "node content" : `',' or '${open === "map" ? "}" : "]"}'`;
    return new GoYamlError(`yaml: line ${isAtEnd ? line : line - 1}: did not find expected ${wanted}`);
  }
  if (
    code === "BAD_INDENT" ||
    code === "BLOCK_AS_IMPLICIT_KEY" ||
    code === "MULTILINE_IMPLICIT_KEY" ||
    /nested mappings/i.test(message)
  )
    return new GoYamlError(`yaml: line ${line}: mapping values are not allowed in this context`);
  if (code === "BLOCK_IN_FLOW" || code === "BAD_COLLECTION_TYPE")
    return new GoYamlError(`yaml: line ${line}: did not find expected node content`);
  if (code === "MISSING_CHAR") return new GoYamlError(`yaml: line ${line}: found unexpected end of stream`);
  return new GoYamlError(`yaml: line ${line}: did not find expected key`);
}
