import { request } from "node:https";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealClock, Scope } from "../../../../core/index.ts";
import { createHttpClient, type HttpClient } from "../../../../net/index.ts";
import { type AuditEvent, EmbeddedApiServer, type RunningApiServer } from "../index.ts";

const clock = new RealClock();
const SECRETS = "/api/v1/namespaces/default/secrets";
const CANARY = "audit-canary-7f3a91";
let scope: Scope;
let api: RunningApiServer;
let http: HttpClient;
let events: AuditEvent[];

beforeEach(async () => {
  scope = new Scope("test");
  events = [];
  api = scope.use(await new EmbeddedApiServer({ clock, audit: (event) => void events.push(event) }).start());
  api.tokenConfig("admin", { name: "admin", groups: ["system:masters"] });
  api.tokenConfig("nobody", { name: "nobody", groups: [] });
  http = scope.use(createHttpClient({ clock, caPem: api.caPem }));
});
afterEach(() => scope[Symbol.asyncDispose]());

async function send(
  method: string,
  path: string,
  options: { body?: string; token?: string; headers?: Record<string, string> } = {},
) {
  const { body, headers, token = "admin" } = options;
  const answer = await http.request({
    method,
    url: `${api.url}${path}`,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "user-agent": "test/1",
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
  // The last stage is told when the connection has it all.
  for (let turn = 0; turn < 100 && !events.some(isLast(String(answer.headers["audit-id"]))); turn++)
    await new Promise((resolve) => setImmediate(resolve));
  return answer;
}

const isLast = (id: string) => (event: AuditEvent) => event.auditID === id && event.stage === "ResponseComplete";

test("a write is told when it comes and when it is answered: who, what, on which object, and why it was allowed", async () => {
  const body = JSON.stringify({ metadata: { name: "a" }, stringData: { password: CANARY } });
  const { headers } = await send("POST", SECRETS, { body });
  expect(events.map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseComplete"]);
  expect(events[1]).toMatchObject({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: headers["audit-id"],
    requestURI: SECRETS,
    verb: "create",
    user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
    sourceIPs: ["127.0.0.1"],
    userAgent: "test/1",
    objectRef: { resource: "secrets", namespace: "default", apiVersion: "v1" },
    responseStatus: { metadata: {}, code: 201 },
    annotations: { "authorization.k8s.io/decision": "allow" },
  });
  expect(events[1]?.stageTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test("no body and nothing of it stands in the log, also where a refusal quotes it", async () => {
  await send("POST", SECRETS, { body: JSON.stringify({ metadata: { name: "a" }, stringData: { password: CANARY } }) });
  await send("POST", SECRETS, { body: `{"stringData":{"password":"${CANARY}"` });
  await send("PATCH", `${SECRETS}/a`, {
    body: JSON.stringify([{ op: "test", path: "/data", value: CANARY }]),
    headers: { "content-type": "application/json-patch+json" },
  });
  await send("GET", `${SECRETS}/a`);
  expect(JSON.stringify(events)).not.toContain(CANARY);
  expect(events.map(({ responseStatus }) => responseStatus?.["code"])).toContain(400);
});

test("a refusal tells its reason and the decision", async () => {
  await send("GET", SECRETS, { token: "nobody" });
  expect(events[1]).toMatchObject({
    user: { username: "nobody" },
    responseStatus: { status: "Failure", reason: "Forbidden", code: 403 },
    annotations: { "authorization.k8s.io/decision": "forbid" },
  });
  await send("GET", SECRETS, { token: "forged" });
  expect(events[3]).toMatchObject({ responseStatus: { status: "Failure", reason: "Unauthorized", code: 401 } });
  expect(events[3]).not.toHaveProperty("annotations");
});

test("RBAC's reason names the binding", async () => {
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  await send("POST", `${rbac}/clusterrolebindings`, {
    body: JSON.stringify({
      metadata: { name: "look" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "nobody" }],
    }),
  });
  await send("GET", "/api/v1/namespaces/default/configmaps", { token: "nobody" });
  expect(events.at(-1)?.annotations?.["authorization.k8s.io/reason"]).toBe(
    'RBAC: allowed by ClusterRoleBinding "look" of ClusterRole "view" to User "nobody"',
  );
});

test("who acts for somebody else is told with both", async () => {
  await send("GET", SECRETS, { headers: { "impersonate-user": "jane" } });
  expect(events[1]).toMatchObject({ user: { username: "admin" }, impersonatedUser: { username: "jane" } });
});

test("a client's own id is kept, cut where it is too long", async () => {
  const { headers } = await send("GET", SECRETS, { headers: { "audit-id": "x".repeat(100) } });
  expect(headers["audit-id"]).toBe("x".repeat(64));
  expect(events[0]?.auditID).toBe("x".repeat(64));
});

test("a watch tells when it starts and when its client has left", async () => {
  const stop = new AbortController();
  const watch = await http.stream({
    method: "GET",
    url: `${api.url}/api/v1/namespaces/default/configmaps?watch=true`,
    headers: { authorization: "Bearer admin" },
    signal: stop.signal,
  });
  expect(watch.status).toBe(200);
  expect(events.map(({ stage, verb }) => [verb, stage])).toEqual([
    ["watch", "RequestReceived"],
    ["watch", "ResponseStarted"],
  ]);
  stop.abort();
  for (let turn = 0; turn < 1000 && events.length < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(events.at(-1)?.stage).toBe("ResponseComplete");
});

test("an upgrade that is refused is told like any other request", async () => {
  const kubelets = async (): Promise<never> => {
    throw new Error("nobody is there");
  };
  const served = scope.use(
    await new EmbeddedApiServer({ clock, kubelets, audit: (event) => void events.push(event) }).start(),
  );
  const status = await new Promise<number>((resolve, reject) => {
    const asked = request(`${served.url}/api/v1/namespaces/default/pods/none/exec?command=ls`, {
      ca: served.caPem,
      headers: { connection: "Upgrade", upgrade: "websocket", authorization: "Bearer forged" },
    });
    asked.on("response", (response) => resolve(response.statusCode ?? 0)).on("error", reject);
    asked.end();
  });
  expect(status).toBe(401);
  expect(events.at(-1)).toMatchObject({
    verb: "get",
    objectRef: { resource: "pods", subresource: "exec", name: "none" },
    responseStatus: { code: 401 },
  });
});
