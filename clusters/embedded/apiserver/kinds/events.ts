import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, invalid, required } from "../validation/field-error.ts";
import type { Kind } from "./kind.ts";

type Event = KubeObject & {
  involvedObject?: Record<string, string>;
  regarding?: Record<string, string>;
  source?: { component?: string; host?: string };
  deprecatedSource?: unknown;
  [field: string]: unknown;
};

const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));
const involved = (field: string) => (object: KubeObject) => text((object as Event).involvedObject?.[field]);

/** Field names of core/v1 on the left, of events.k8s.io/v1 on the right: one store, two spellings. */
const RENAMED: readonly (readonly [string, string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["count", "deprecatedCount"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["source", "deprecatedSource"],
  ["reportingComponent", "reportingController"],
];

function rename(object: KubeObject, apiVersion: string, to: 0 | 1): KubeObject {
  const result: KubeObject = { ...object, apiVersion };
  for (const pair of RENAMED) {
    const from = pair[1 - to] as string;
    if (result[from] === undefined) continue;
    result[pair[to]] = result[from];
    delete result[from];
  }
  return result;
}

/** Events are stored as core/v1; those that came through events.k8s.io have stricter rules (core/validation/events.go). */
function eventErrors(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const event = object as Event;
  const errors: FieldError[] = [];
  const place = event.involvedObject?.["namespace"] ?? "";
  const { namespace = "" } = event.metadata;
  const isClusterWide = place === "" && (namespace === "default" || namespace === "kube-system");
  if (place !== namespace && !isClusterWide)
    errors.push(invalid("involvedObject.namespace", place, "does not match event.namespace"));
  if (event[THROUGH_EVENTS_GROUP] !== true) return errors;
  delete event[THROUGH_EVENTS_GROUP];
  if (old !== undefined) return errors;
  if (!event["eventTime"]) errors.push(required("eventTime"));
  if (event["eventTime"]) {
    if (!event["reportingComponent"]) errors.push(required("reportingController"));
    if (!event["reportingInstance"]) errors.push(required("reportingInstance"));
    if (!event["action"]) errors.push(required("action"));
    if (!event["reason"]) errors.push(required("reason"));
  }
  if (event["type"] !== "Normal" && event["type"] !== "Warning")
    errors.push(invalid("type", event["type"] ?? "", `has invalid value: ${text(event["type"])}`));
  return errors;
}

/** Marks, from reading to validation, an Event that came through events.k8s.io. */
const THROUGH_EVENTS_GROUP = "$events.k8s.io";

const coreEvent = {
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  selectable: {
    "involvedObject.kind": involved("kind"),
    "involvedObject.namespace": involved("namespace"),
    "involvedObject.name": involved("name"),
    "involvedObject.uid": involved("uid"),
    "involvedObject.apiVersion": involved("apiVersion"),
    "involvedObject.resourceVersion": involved("resourceVersion"),
    "involvedObject.fieldPath": involved("fieldPath"),
    reason: (object: KubeObject) => text(object["reason"]),
    reportingComponent: (object: KubeObject) => text(object["reportingComponent"]),
    source: (object: KubeObject) => text((object as Event).source?.component) || text(object["reportingComponent"]),
    type: (object: KubeObject) => text(object["type"]),
  },
  createsOnUpdate: true,
  validate: eventErrors,
} satisfies Pick<Kind, "kind" | "plural"> & Partial<Kind>;

/** Both groups' Events, stored as core/v1. */
export const eventKinds: readonly (Pick<Kind, "group" | "kind" | "plural"> & Partial<Kind>)[] = [
  { group: "", ...coreEvent },
  {
    group: "events.k8s.io",
    ...coreEvent,
    storedAs: {
      group: "",
      plural: "events",
      read: (stored) => rename(stored, "events.k8s.io/v1", 1),
      write: (sent) => ({ ...rename(sent, "v1", 0), [THROUGH_EVENTS_GROUP]: true }),
    },
  },
];
