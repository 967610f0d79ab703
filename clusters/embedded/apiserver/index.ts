export type { AuditEvent, AuditSink } from "./audit/audit.ts";
export { API_SERVER_ADDRESS, KUBERNETES_SERVICE_IP } from "./own-addresses.ts";
export { type ApiServerSpec, EmbeddedApiServer, type RunningApiServer } from "./server.ts";
export type { KubeVersion } from "./server-context.ts";
