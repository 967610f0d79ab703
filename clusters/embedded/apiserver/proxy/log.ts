import { createHttpClient, type Dialer, type HttpClient } from "../../../../net/index.ts";
import type { SubresourceHandler } from "../pipeline.ts";
import type { ServerContext } from "../server-context.ts";
import { kubeletAnswered, methodNotAllowed } from "../store/refusals.ts";
import { badRequest, type FieldError, forbidden, invalid, invalidObject } from "../validation/field-error.ts";
import { logLocation } from "./location.ts";

/** `GET pods/NAME/log`: asks the kubelet of the pod's node, and passes on what it says as it comes. */
export function podLog(server: ServerContext, http: HttpClient): SubresourceHandler {
  return async ({ exchange, info }, pod) => {
    if (exchange.method !== "GET") throw methodNotAllowed();
    const { query } = exchange;
    const errors = optionErrors(query);
    if (errors.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions", name: info.name }, errors);
    const location = logLocation(server, pod, query);
    const text = { "content-type": "text/plain" };
    if (location === undefined) return exchange.respond(200, text, "");
    const url = `http://${location.host}:${location.port}${location.path}?${query}`;
    const { status, body } = await http.stream({ method: "GET", url, signal: exchange.signal });
    if (status !== 200) {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      const said = Buffer.concat(chunks).toString();
      throw status === 400 ? badRequest(said) : kubeletAnswered(status, info.name, said);
    }
    const writer = exchange.stream(200, text);
    try {
      for await (const chunk of body) if (!writer.write(chunk)) await writer.drained();
    } catch (error) {
      if (!exchange.signal.aborted) throw error;
    }
    writer.end();
  };
}

/** A client whose connections lead to kubelets. */
export function kubeletClient({ clock }: ServerContext, dialer: Dialer): HttpClient {
  return createHttpClient({ clock, dialer });
}

function optionErrors(query: URLSearchParams): FieldError[] {
  const errors: FieldError[] = [];
  const least = (name: string, limit: number, why: string): void => {
    const text = query.get(name);
    if (text !== null && text !== "" && !(Number(text) >= limit)) errors.push(invalid(name, Number(text), why));
  };
  least("tailLines", 0, "must be greater than or equal to 0");
  least("limitBytes", 1, "must be greater than 0");
  least("sinceSeconds", 1, "must be greater than 0");
  if (query.get("sinceSeconds") !== null && query.get("sinceTime") !== null)
    errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  return errors;
}
