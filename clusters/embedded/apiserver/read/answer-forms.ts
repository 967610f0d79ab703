import { escapedForHtml } from "../../../../core/go/index.ts";
import type { HttpExchange, StreamWriter } from "../../../../net/index.ts";

const JSON_TYPE = "application/json";
const YAML = "application/yaml";

/** Whether the first form that the client names, and that there is, is YAML. */
export function prefersYaml(accept: string | undefined): boolean {
  const first = accept
    ?.split(",")
    .map((one) => one.split(";")[0]?.trim() ?? "")
    .find((type) => [JSON_TYPE, YAML, "*/*", "application/*"].includes(type));
  return first === YAML;
}

/** What Go's `strconv.ParseBool` takes for true. */
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
/** Programs behind which a person sits (k8s.io/apiserver, isPrettyPrint). */
const PERSONS = /^(curl|Wget|Mozilla\/5\.0)/;

/** Whether JSON is set in lines: as the client asks by `pretty`, else for browsers and curl. */
export function prefersLines({ headers, query }: Pick<HttpExchange, "headers" | "query">): boolean {
  const asked = query.get("pretty") ?? "";
  return asked === "" ? PERSONS.test(headers["user-agent"] ?? "") : TRUE.includes(asked);
}

/**
 * The exchange, whose answers in JSON go out in the form that the client wants: as YAML, set in lines, or as they are,
 * with the line break that Go's encoder ends with.
 */
export async function inFormOf(exchange: HttpExchange): Promise<HttpExchange> {
  // Beside the API there are documents that have one form.
  if (!exchange.path.startsWith("/api")) return exchange;
  if (prefersYaml(exchange.headers.accept)) return rewriting(exchange, YAML, await yamlWriter());
  return prefersLines(exchange) ? rewriting(exchange, JSON_TYPE, inLines) : endingLines(exchange);
}

/** JSON as Go indents it, with what HTML would take for its own escaped. */
export function inLines(value: unknown): string {
  return escapedForHtml(JSON.stringify(value, undefined, 2));
}

/** In the form that Go's library gives it (sigs.k8s.io/yaml). */
async function yamlWriter(): Promise<(value: unknown) => string> {
  // Few clients ask for it: the library is loaded when the first does.
  const { stringify } = await import("yaml");
  // YAML 1.1 quotes what an older reader would take for a time or a yes.
  const style = { version: "1.1", sortMapEntries: true, indentSeq: false, lineWidth: 0 } as const;
  // A lone dot, which ownership has as a key, is taken for the beginning of a number by one library and not the other.
  return (value) => stringify(value, style).replaceAll(/^( *)"\.": /gm, "$1.: ");
}

function endingLines(exchange: HttpExchange): HttpExchange {
  return {
    ...exchange,
    respond: (status, headers, body) =>
      exchange.respond(status, headers, typeof body === "string" && isJson(headers) ? `${body}\n` : body),
    json: (status, value, headers) =>
      exchange.respond(status, { "content-type": JSON_TYPE, ...headers }, `${JSON.stringify(value)}\n`),
    stream: (status, headers = {}) => {
      if (!isDocument(headers)) return exchange.stream(status, headers);
      const length = String(Number(headers["content-length"]) + 1);
      const writer = exchange.stream(status, { ...headers, "content-length": length });
      return {
        ...writer,
        end: (chunk) => {
          if (chunk !== undefined) writer.write(chunk);
          writer.end("\n");
        },
      };
    },
  };
}

type Headers = Readonly<Record<string, string | string[]>>;

function isJson(headers: Headers | undefined): boolean {
  return headers?.["content-type"] === JSON_TYPE;
}

/** What has no length, as a watch, is no document. */
function isDocument(headers: Headers): boolean {
  return isJson(headers) && headers["content-length"] !== undefined;
}

function rewriting(exchange: HttpExchange, type: string, write: (value: unknown) => string): HttpExchange {
  const respond: HttpExchange["respond"] = (status, headers = {}, body) => {
    if (body === undefined || !isJson(headers)) return exchange.respond(status, headers, body);
    const value: unknown = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString("utf8"));
    exchange.respond(status, { ...headers, "content-type": type }, write(value));
  };
  return {
    ...exchange,
    respond,
    json: (status, value, headers) => respond(status, { "content-type": JSON_TYPE, ...headers }, JSON.stringify(value)),
    stream: (status, headers = {}) => {
      if (!isDocument(headers)) return exchange.stream(status, headers);
      const { "content-length": _length, ...rest } = headers;
      return collecting((text) => respond(status, rest, text));
    },
  };
}

/** Takes an answer that comes in parts, to be rewritten as a whole. */
function collecting(answer: (body: Buffer) => void): StreamWriter {
  const parts: Buffer[] = [];
  return {
    write: (chunk) => parts.push(Buffer.from(chunk)) > 0,
    drained: () => Promise.resolve(),
    end: (chunk = "") => {
      parts.push(Buffer.from(chunk));
      answer(Buffer.concat(parts));
    },
  };
}
