export type { AuditEvent, AuditSink } from "./audit/audit.ts";
export {
  type ApiServerSpec,
  EmbeddedApiServer,
  KUBERNETES_SERVICE_IP,
  type RunningApiServer,
} from "./server.ts";
export type { KubeVersion } from "./server-context.ts";
