import type { HttpExchange } from "../../../../net/index.ts";

const YAML = "application/yaml";

/** Whether the first form that the client names, and that there is, is YAML. */
export function prefersYaml(accept: string | undefined): boolean {
  const first = accept
    ?.split(",")
    .map((one) => one.split(";")[0]?.trim() ?? "")
    .find((type) => ["application/json", YAML, "*/*", "application/*"].includes(type));
  return first === YAML;
}

/** The exchange, whose answers in JSON go out as YAML, in the form that Go's library gives it (sigs.k8s.io/yaml). */
export async function answeringInYaml(exchange: HttpExchange): Promise<HttpExchange> {
  // Few clients ask for it: the library is loaded when the first does.
  const { stringify } = await import("yaml");
  // YAML 1.1 quotes what an older reader would take for a time or a yes.
  const style = { version: "1.1", sortMapEntries: true, indentSeq: false, lineWidth: 0 } as const;
  const respond: HttpExchange["respond"] = (status, headers = {}, body) => {
    if (body === undefined || headers["content-type"] !== "application/json")
      return exchange.respond(status, headers, body);
    const value: unknown = JSON.parse(typeof body === "string" ? body : Buffer.from(body).toString("utf8"));
    // A lone dot, which ownership has as a key, is taken for the beginning of a number by one library and not the other.
    const text = stringify(value, style).replaceAll(/^( *)"\.": /gm, "$1.: ");
    exchange.respond(status, { ...headers, "content-type": YAML }, text);
  };
  return {
    ...exchange,
    respond,
    json: (status, value, headers) =>
      respond(status, { "content-type": "application/json", ...headers }, JSON.stringify(value)),
  };
}
