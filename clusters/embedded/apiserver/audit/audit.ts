import type { Clock, Random } from "../../../../core/index.ts";
import type { Status } from "../../../../kube/types.ts";
import type { Decision } from "../auth/attributes.ts";
import { ANONYMOUS, type User, userInfo } from "../auth/user.ts";
import type { RequestInfo } from "../pipeline.ts";

/** An Event of audit.k8s.io/v1 at level Metadata: who asked for what and what became of it; no body, ever. */
export type AuditEvent = {
  readonly kind: "Event";
  readonly apiVersion: "audit.k8s.io/v1";
  readonly level: "Metadata";
  readonly auditID: string;
  readonly stage: "RequestReceived" | "ResponseStarted" | "ResponseComplete";
  readonly requestURI: string;
  readonly verb: string;
  readonly user: Record<string, unknown>;
  readonly impersonatedUser?: Record<string, unknown>;
  readonly sourceIPs?: readonly string[];
  readonly userAgent?: string;
  readonly objectRef?: Readonly<Record<string, string>>;
  readonly responseStatus?: Readonly<Record<string, unknown>>;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

export type AuditSink = (event: AuditEvent) => void;

export type AuditContext = { readonly clock: Clock; readonly random: Random; readonly sink: AuditSink };

/** What is known of a request from its first line and headers. */
export type AuditedRequest = {
  readonly uri: string;
  readonly info: RequestInfo;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string;
};

/** Longer ids of clients are not taken over (k8s.io/apiserver, WithAuditID). */
const MAX_ID = 64;

/** The events of one request, from stage to stage. */
export class AuditTrail {
  /** Sent back as `Audit-Id`; the client's own where it sends one. */
  readonly id: string;
  readonly #context: AuditContext;
  readonly #request: AuditedRequest;
  readonly #received: string;
  #sender: User | undefined;
  #actsAs: User | undefined;
  #decision: Decision | undefined;
  #refusal: Status | undefined;

  constructor(context: AuditContext, request: AuditedRequest) {
    this.#context = context;
    this.#request = request;
    const given = request.headers["audit-id"];
    this.id = typeof given === "string" && given !== "" ? given.slice(0, MAX_ID) : context.random.uuid();
    this.#received = this.#now();
    this.#tell("RequestReceived");
  }

  /** Who sent it, and for whom it acts when that is somebody else. */
  identified(sender: User, actsAs: User): void {
    this.#sender = sender;
    if (actsAs !== sender) this.#actsAs = actsAs;
  }

  decided(decision: Decision): void {
    this.#decision = decision;
  }

  refused(status: Status): void {
    this.#refusal = status;
  }

  /** The head of an answer that goes on (watch, exec, follow) was sent. */
  started(code: number): void {
    this.#tell("ResponseStarted", code);
  }

  complete(code: number): void {
    this.#tell("ResponseComplete", code);
  }

  #tell(stage: AuditEvent["stage"], code?: number): void {
    const { headers, info, remoteAddress, uri } = this.#request;
    const agent = headers["user-agent"];
    const decision = this.#decision;
    this.#context.sink({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: this.id,
      stage,
      requestURI: uri,
      verb: info.verb,
      user: userInfo(this.#sender ?? (stage === "RequestReceived" ? { name: "", groups: [] } : ANONYMOUS)),
      ...(this.#actsAs !== undefined && { impersonatedUser: userInfo(this.#actsAs) }),
      ...(remoteAddress !== "" && { sourceIPs: [remoteAddress] }),
      ...(typeof agent === "string" && { userAgent: agent.slice(0, 1024) }),
      ...(info.isResource && { objectRef: referenceOf(info) }),
      ...(code !== undefined && { responseStatus: this.#statusOf(code) }),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: this.#now(),
      ...(decision !== undefined && {
        annotations: {
          "authorization.k8s.io/decision": decision.allowed ? "allow" : "forbid",
          "authorization.k8s.io/reason": decision.reason,
        },
      }),
    });
  }

  #statusOf(code: number): Record<string, unknown> {
    const refusal = this.#refusal;
    if (refusal === undefined) return { metadata: {}, code };
    const { reason, message } = refusal;
    return {
      metadata: {},
      status: "Failure",
      // What is wrong with a body is told with its words, and a Secret's are nobody's: the reason alone stays.
      ...(!QUOTING.has(code) && message !== undefined && { message }),
      ...(reason !== undefined && { reason }),
      code,
    };
  }

  /** RFC 3339 with microseconds, as Kubernetes' MicroTime. */
  #now(): string {
    return new Date(this.#context.clock.now()).toISOString().replace("Z", "000Z");
  }
}

const QUOTING = new Set([400, 413, 415, 422, 500]);

function referenceOf(info: RequestInfo): Record<string, string> {
  const { group, name, namespace, resource, subresource, version } = info;
  const fields = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
