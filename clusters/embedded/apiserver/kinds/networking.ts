import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, invalid, required } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Path = { path?: string; pathType?: string };
type Rule = { host?: string; http?: { paths?: Path[] } };

const status = [{ name: "status", verbs: ["get", "patch", "update"] }] as const satisfies Kind["subresources"];

function ingressErrors(object: KubeObject): FieldError[] {
  const spec = (object["spec"] ?? {}) as { rules?: Rule[]; defaultBackend?: unknown };
  const errors: FieldError[] = [];
  if ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined)
    errors.push(invalid("spec", [], "either `defaultBackend` or `rules` must be specified"));
  for (const [index, rule] of (spec.rules ?? []).entries())
    for (const [at, { path = "", pathType }] of (rule.http?.paths ?? []).entries()) {
      const field = `spec.rules[${index}].http.paths[${at}]`;
      if (pathType === undefined || pathType === null)
        errors.push(required(`${field}.pathType`, "pathType must be specified"));
      else if (pathType !== "ImplementationSpecific" && !path.startsWith("/"))
        errors.push(invalid(`${field}.path`, path, "must be an absolute path"));
    }
  return errors;
}

export const networkingKinds: readonly Definition[] = [
  { kind: "IngressClass", plural: "ingressclasses", namespaced: false, hasGeneration: true },
  {
    kind: "Ingress",
    plural: "ingresses",
    shortNames: ["ing"],
    hasGeneration: true,
    subresources: status,
    validate: ingressErrors,
  },
  { kind: "IPAddress", plural: "ipaddresses", namespaced: false, shortNames: ["ip"], isAnnounced: true },
  {
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    shortNames: ["netpol"],
    hasGeneration: true,
    defaults: (object) => {
      const spec = (object["spec"] ?? {}) as {
        policyTypes?: string[];
        egress?: unknown[];
        ingress?: { ports?: Record<string, unknown>[] }[];
      };
      if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
      for (const rule of spec.ingress ?? []) for (const port of rule.ports ?? []) port["protocol"] ??= "TCP";
      object["spec"] = spec;
    },
  },
  { kind: "ServiceCIDR", plural: "servicecidrs", namespaced: false, subresources: status, isAnnounced: true },
];
