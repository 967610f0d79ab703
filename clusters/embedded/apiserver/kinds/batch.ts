import { copyJson } from "../../../../core/json.ts";
import { parseCron } from "../../../../kube/cron-schedule.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../validation/field-error.ts";
import { jobSpecErrors, jobUpdateErrors } from "./job-validation.ts";
import type { Kind } from "./kind.ts";
import { templateWarnings } from "./pod-warnings.ts";
import { defaultPodSpec } from "./pods.ts";

type Definition = Pick<Kind, "kind" | "plural"> & Partial<Kind>;
type Loose = Record<string, unknown>;
type Template = { metadata?: { labels?: Record<string, string> }; spec?: Loose };
type JobSpec = Loose & { template?: Template; selector?: { matchLabels?: Record<string, string> } };

const withStatus = [{ name: "status", verbs: ["get", "patch", "update"] }] as const satisfies Kind["subresources"];
const specOf = (object: KubeObject): JobSpec => {
  object["spec"] ??= {};
  return object["spec"] as JobSpec;
};

function defaultJobSpec(spec: JobSpec): void {
  if (spec["completions"] === undefined && spec["parallelism"] === undefined) {
    spec["completions"] = 1;
    spec["parallelism"] = 1;
  }
  spec["parallelism"] ??= 1;
  spec["backoffLimit"] ??= spec["backoffLimitPerIndex"] === undefined ? 6 : 2147483647;
  spec["completionMode"] ??= "NonIndexed";
  spec["suspend"] ??= false;
  spec["manualSelector"] ??= false;
  const { rules = [] } = (spec["podFailurePolicy"] ?? {}) as { rules?: { onPodConditions?: Loose[] }[] };
  for (const pattern of rules.flatMap(({ onPodConditions = [] }) => onPodConditions)) pattern["status"] ||= "True";
  spec["podReplacementPolicy"] ??= spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed";
  if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec);
}

/** A job without a selector of its own gets one by its uid (registry/batch/job, generateSelector). */
function generateSelector(object: KubeObject): void {
  const spec = specOf(object);
  if (spec["manualSelector"] === true) return;
  const { name = "", uid = "" } = object.metadata;
  spec.template ??= {};
  spec.template.metadata ??= {};
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  };
  spec.template.metadata.labels = { ...spec.template.metadata.labels, ...labels };
  // A job without labels shows those of its pods (SetDefaults_Job).
  object.metadata.labels ??= { ...spec.template.metadata.labels };
  spec.selector = { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
}

export const jobKind: Definition = {
  kind: "Job",
  warnings: templateWarnings(),
  plural: "jobs",
  categories: ["all"],
  hasGeneration: true,
  subresources: withStatus,
  selectable: {
    "status.successful": (object) => String((object["status"] as { succeeded?: number } | undefined)?.succeeded ?? 0),
  },
  defaults: (object) => defaultJobSpec(specOf(object)),
  prepare: (object, old) => {
    if (old === undefined) generateSelector(object);
  },
  validate: (object, old) => {
    const spec = specOf(object);
    const errors = jobSpecErrors(spec, "spec");
    if (old === undefined) return errors;
    errors.push(...jobUpdateErrors(spec, specOf(copyJson(old))));
    return errors;
  },
};

export const cronJobKind: Definition = {
  kind: "CronJob",
  warnings: templateWarnings(["spec", "jobTemplate", "spec", "template"]),
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  hasGeneration: true,
  subresources: withStatus,
  defaults: (object) => {
    const spec = specOf(object);
    spec["concurrencyPolicy"] ??= "Allow";
    spec["suspend"] ??= false;
    spec["successfulJobsHistoryLimit"] ??= 3;
    spec["failedJobsHistoryLimit"] ??= 1;
    const { spec: job } = (spec["jobTemplate"] ?? {}) as { spec?: JobSpec };
    if (job?.template?.spec !== undefined) defaultPodSpec(job.template.spec);
  },
  validate: (object) => {
    const spec = specOf(object);
    const { spec: job = {} } = (spec["jobTemplate"] ?? {}) as { spec?: JobSpec };
    const errors = scheduleErrors(String(spec["schedule"] ?? ""), spec["timeZone"]);
    const policy = String(spec["concurrencyPolicy"]);
    if (!["Allow", "Forbid", "Replace"].includes(policy))
      errors.push(notSupported("spec.concurrencyPolicy", policy, ["Allow", "Forbid", "Replace"]));
    if (job.selector !== undefined && job.selector !== null)
      errors.push(forbidden("spec.jobTemplate.spec.selector", "`selector` will be auto-generated"));
    if ((object.metadata.name ?? "").length > 52)
      errors.push(invalid("metadata.name", object.metadata.name, "must be no more than 52 characters"));
    return [...errors, ...jobSpecErrors(job, "spec.jobTemplate.spec")];
  },
};

function scheduleErrors(schedule: string, timeZone: unknown): FieldError[] {
  if (schedule === "") return [required("spec.schedule")];
  const errors: FieldError[] = [];
  if (schedule.includes("TZ"))
    errors.push(invalid("spec.schedule", schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
  const why = cronError(schedule);
  if (why !== undefined) errors.push(invalid("spec.schedule", schedule, why));
  const zone = typeof timeZone === "string" && timeZone !== "" ? cronError("* * * * *", timeZone) : undefined;
  if (zone !== undefined) errors.push(invalid("spec.timeZone", timeZone, zone));
  if (timeZone === "") errors.push(invalid("spec.timeZone", "", "timeZone must be nil or non-empty string"));
  return errors;
}

function cronError(schedule: string, timeZone?: string): string | undefined {
  try {
    parseCron(schedule, timeZone);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
