import type { HttpExchange } from "../../../../net/index.ts";
import type { RequestInfo } from "../pipeline.ts";

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Reads method and path as k8s.io/apiserver's RequestInfoFactory does. */
export function requestInfo(exchange: Pick<HttpExchange, "method" | "path" | "query">): RequestInfo {
  const { method, path, query } = exchange;
  const plain: RequestInfo = {
    isResource: false,
    verb: method.toLowerCase(),
    path,
    group: "",
    version: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
  };
  const parts = path.split("/").filter((part) => part !== "");
  const isCore = parts[0] === "api";
  // An empty part names nothing.
  if ((!isCore && parts[0] !== "apis") || path.includes("//")) return plain;
  const head = isCore ? 2 : 3;
  if (parts.length <= head) return plain;
  const group = isCore ? "" : (parts[1] ?? "");
  const version = parts[head - 1] ?? "";
  let rest = parts.slice(head);
  let namespace = "";
  // /namespaces/NS/status and /finalize belong to the Namespace itself.
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1] ?? "";
    if (rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize") rest = rest.slice(2);
  }
  const [resource = "", name = "", subresource = ""] = rest;
  let verb = VERBS[method] ?? "";
  if (verb === "get" && name === "") verb = isTrue(query.get("watch")) ? "watch" : "list";
  else if (verb === "get" && isTrue(query.get("watch"))) verb = "watch";
  else if (verb === "delete" && name === "") verb = "deletecollection";
  // list and watch of a single object by field selector count as requests for that name (RBAC resourceNames).
  const selected = name === "" ? selectedName(query.get("fieldSelector")) : "";
  return { isResource: true, verb, path, group, version, resource, subresource, namespace, name: name || selected };
}

function selectedName(selector: string | null): string {
  return /(?:^|,)metadata\.name==?([^,]+)/.exec(selector ?? "")?.[1] ?? "";
}

/** Go's strconv.ParseBool, as query parameters are read. */
export function isTrue(text: string | null): boolean {
  return text !== null && ["1", "t", "T", "TRUE", "true", "True"].includes(text);
}
