import { isObject, type JsonObject, parseJson } from "../../../../core/go/json.ts";
import type { HttpClient } from "../../../../net/index.ts";
import type { KubernetesConfig } from "./config.ts";

export type ReviewedAccount = { readonly name: string; readonly namespace: string; readonly uid: string };

export type ClusterCall = {
  readonly config: KubernetesConfig;
  readonly client: HttpClient;
  /** Who asks the API server. */
  readonly bearer: string;
};

/** Milliseconds the API server is given. */
const REVIEW_DEADLINE_MS = 30_000;

/**
 * Asks the API server who a token belongs to (TokenReview). Throws Error with the method's own words for why
 * not; the caller is told only `permission denied`.
 */
export async function reviewToken(
  call: ClusterCall,
  token: string,
  audiences: readonly string[],
): Promise<ReviewedAccount> {
  const review = {
    kind: "TokenReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
  };
  const answer = await callCluster(call, "POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
  if (answer.status === 401)
    throw new Error(
      "lookup failed: service account unauthorized; this could mean it has been deleted or recreated with a new token",
    );
  if (answer.status < 200 || answer.status > 206) throw new Error(`the token review was answered ${answer.status}`);
  const status = objectAt(answer.body, "status");
  const error = status["error"];
  if (typeof error === "string" && error !== "") throw new Error(`lookup failed: ${error}`);
  if (status["authenticated"] !== true) throw new Error("lookup failed: service account jwt not valid");
  const granted = Array.isArray(status["audiences"]) ? status["audiences"] : [];
  if (audiences.length > 0 && !audiences.some((audience) => granted.includes(audience)))
    throw new Error(
      `lookup failed: service account jwt valid for audience(s) [${granted.join(" ")}], but wanted [${audiences.join(" ")}]`,
    );
  const user = objectAt(status, "user");
  const parts = String(user["username"] ?? "").split(":");
  if (parts.length !== 4) throw new Error("lookup failed: unexpected username format");
  const [system, kind, namespace = "", name = ""] = parts;
  if (system !== "system" || kind !== "serviceaccount")
    throw new Error("lookup failed: username returned is not a service account");
  return { name, namespace, uid: String(user["uid"] ?? "") };
}

/** The labels of a namespace. Needs a reviewer token. */
export async function namespaceLabels(call: ClusterCall, namespace: string): Promise<Record<string, string>> {
  const answer = await callCluster(call, "GET", `/api/v1/namespaces/${encodeURIComponent(namespace)}`);
  if (answer.status !== 200) throw new Error(`failed to get namespace (code ${answer.status})`);
  const labels = objectAt(objectAt(answer.body, "metadata"), "labels");
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

export async function callCluster(
  { config, client, bearer }: ClusterCall,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const answer = await client.request({
    method,
    url: config.host + path,
    headers: {
      accept: "application/json",
      authorization: `Bearer ${bearer}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    deadlineMs: REVIEW_DEADLINE_MS,
  });
  return { status: answer.status, body: readObject(answer.body.toString("utf8")) };
}

function readObject(text: string): JsonObject {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}
