import { sameJson } from "../../../../core/json.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../validation/field-error.ts";
import { podSpecErrors } from "./pods.ts";

type Loose = Record<string, unknown>;
type JobSpec = Loose & { readonly template?: { spec?: Loose } };
type FailureRule = {
  readonly action?: string;
  readonly onExitCodes?: { readonly operator?: string; readonly containerName?: string; readonly values?: number[] };
  readonly onPodConditions?: readonly { readonly type?: string; readonly status?: string }[];
};
type SuccessRule = { readonly succeededCount?: number; readonly succeededIndexes?: string };

const MANY = 100_000;
const MANY_AT_ONCE = 10_000;
const COUNTS = [
  "parallelism",
  "completions",
  "backoffLimit",
  "activeDeadlineSeconds",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
];
const RESTART_POLICIES = ["OnFailure", "Never"];

/** What is wrong with a Job's spec (pkg/apis/batch/validation of v1.34). @param at `spec`, or where a CronJob has it */
export function jobSpecErrors(spec: JobSpec, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of COUNTS) {
    const value = spec[field];
    if (typeof value === "number" && value < 0)
      errors.push(invalid(`${at}.${field}`, value, "must be greater than or equal to 0"));
  }
  errors.push(...indexErrors(spec, at));
  if (spec["podFailurePolicy"] !== undefined) errors.push(...failurePolicyErrors(spec, `${at}.podFailurePolicy.rules`));
  if (spec["successPolicy"] !== undefined) errors.push(...successPolicyErrors(spec, `${at}.successPolicy`));
  errors.push(...replacementErrors(spec, `${at}.podReplacementPolicy`));
  const pod = spec.template?.spec ?? {};
  const template = `${at}.template.spec`;
  errors.push(...podSpecErrors(pod as Parameters<typeof podSpecErrors>[0], template));
  const policy = pod["restartPolicy"];
  if (policy === "Always") errors.push(required(`${template}.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (typeof policy === "string" && RESTART_POLICIES.includes(policy))
    if (spec["podFailurePolicy"] !== undefined && policy !== "Never")
      errors.push(
        invalid(`${template}.restartPolicy`, policy, 'only "Never" is supported when podFailurePolicy is specified'),
      );
  return errors;
}

/** What a Job may not change any more. */
export function jobUpdateErrors(spec: JobSpec, before: JobSpec): FieldError[] {
  const errors: FieldError[] = [];
  const isSame = (field: string): boolean => sameJson(spec[field] ?? null, before[field] ?? null);
  const refuse = (field: string): void => void errors.push(invalid(`spec.${field}`, spec[field], "field is immutable"));
  if (!isSame("completions")) {
    if (spec["completionMode"] !== "Indexed") refuse("completions");
    else if (spec["completions"] !== spec["parallelism"])
      errors.push(
        invalid("spec.completions", spec["completions"], "can only be modified in tandem with spec.parallelism"),
      );
  }
  for (const field of ["selector", "template", "completionMode", "podFailurePolicy", ...PER_INDEX]) {
    const isOpen = field === "template" && before["suspend"] === true;
    if (!isOpen && !isSame(field)) refuse(field);
  }
  return errors;
}

const PER_INDEX = ["backoffLimitPerIndex", "managedBy", "successPolicy"];

function indexErrors(spec: JobSpec, at: string): FieldError[] {
  const { completionMode, completions, parallelism, backoffLimitPerIndex, maxFailedIndexes } = spec as {
    completionMode?: string;
    completions?: number;
    parallelism?: number;
    backoffLimitPerIndex?: number;
    maxFailedIndexes?: number;
  };
  const errors: FieldError[] = [];
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(required(`${at}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  if (completionMode !== undefined && !["NonIndexed", "Indexed"].includes(completionMode))
    errors.push(notSupported(`${at}.completionMode`, completionMode, ["NonIndexed", "Indexed"]));
  if (completionMode !== "Indexed") {
    for (const [field, value] of Object.entries({ backoffLimitPerIndex, maxFailedIndexes }))
      if (value !== undefined && (completionMode ?? "NonIndexed") === "NonIndexed")
        errors.push(invalid(`${at}.${field}`, value, "requires indexed completion mode"));
    return errors;
  }
  const atMost = (field: string, value: number | undefined, limit: number, when: string): void => {
    if (value !== undefined && value > limit)
      errors.push(invalid(`${at}.${field}`, value, `must be less than or equal to ${limit}${when}`));
  };
  if (completions === undefined) errors.push(required(`${at}.completions`, "when completion mode is Indexed"));
  atMost("parallelism", parallelism, MANY, " when completion mode is Indexed");
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(`${at}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to completions"));
  atMost("maxFailedIndexes", maxFailedIndexes, MANY, "");
  if ((completions ?? 0) > MANY && backoffLimitPerIndex !== undefined) {
    const when = ` when completions are above ${MANY} and used with backoff limit per index`;
    if (maxFailedIndexes === undefined)
      errors.push(required(`${at}.maxFailedIndexes`, `must be specified when completions is above ${MANY}`));
    atMost("parallelism", parallelism, MANY_AT_ONCE, when);
    atMost("maxFailedIndexes", maxFailedIndexes, MANY_AT_ONCE, when);
  }
  return errors;
}

function failurePolicyErrors(spec: JobSpec, at: string): FieldError[] {
  const { rules = [] } = spec["podFailurePolicy"] as { rules?: FailureRule[] };
  const errors: FieldError[] = [];
  if (rules.length > 20) errors.push(tooMany(at, rules.length, 20));
  for (const [index, rule] of rules.entries()) errors.push(...failureRuleErrors(spec, rule, `${at}[${index}]`));
  return errors;
}

const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const STATUSES = ["False", "True", "Unknown"];

function failureRuleErrors(spec: JobSpec, rule: FailureRule, at: string): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors: FieldError[] = [...choiceErrors(`${at}.action`, action, ACTIONS)];
  if (action === "FailIndex" && spec["backoffLimitPerIndex"] === undefined)
    errors.push(invalid(`${at}.action`, action, "requires the backoffLimitPerIndex to be set"));
  if (onExitCodes !== undefined) errors.push(...exitCodeErrors(spec, onExitCodes, `${at}.onExitCodes`));
  if (onPodConditions.length > 20) errors.push(tooMany(`${at}.onPodConditions`, onPodConditions.length, 20));
  for (const [index, { status }] of onPodConditions.entries())
    errors.push(...choiceErrors(`${at}.onPodConditions[${index}].status`, status, STATUSES));
  const [isByCode, isByCondition] = [onExitCodes !== undefined, onPodConditions.length > 0];
  if (isByCode && isByCondition)
    errors.push(withoutValue(at, "specifying both OnExitCodes and OnPodConditions is not supported"));
  if (!isByCode && !isByCondition)
    errors.push(withoutValue(at, "specifying one of OnExitCodes and OnPodConditions is required"));
  return errors;
}

function exitCodeErrors(spec: JobSpec, rule: NonNullable<FailureRule["onExitCodes"]>, at: string): FieldError[] {
  const { operator, containerName, values = [] } = rule;
  const errors: FieldError[] = [...choiceErrors(`${at}.operator`, operator, ["In", "NotIn"])];
  const pod = spec.template?.spec ?? {};
  const names = [pod["containers"], pod["initContainers"]].flatMap((list) => (list ?? []) as { name?: string }[]);
  if (containerName !== undefined && !names.some(({ name }) => name === containerName))
    errors.push(
      invalid(
        `${at}.containerName`,
        containerName,
        "must be one of the container or initContainer names in the pod template",
      ),
    );
  if (values.length === 0) errors.push(invalid(`${at}.values`, values, "at least one value is required"));
  if (values.length > 255) errors.push(tooMany(`${at}.values`, values.length, 255));
  for (const [index, value] of values.entries()) {
    if (operator === "In" && value === 0)
      errors.push(invalid(`${at}.values[${index}]`, value, "must not be 0 for the In operator"));
    if (values.indexOf(value) < index) errors.push(duplicate(`${at}.values[${index}]`, value));
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? 0) > value))
    errors.push(invalid(`${at}.values`, values, "must be ordered"));
  return errors;
}

function successPolicyErrors(spec: JobSpec, at: string): FieldError[] {
  const policy = spec["successPolicy"] as { rules?: SuccessRule[] };
  if (spec["completionMode"] !== "Indexed") return [invalid(at, policy, "requires indexed completion mode")];
  const { rules = [] } = policy;
  const errors: FieldError[] = [];
  if (rules.length === 0)
    errors.push(required(`${at}.rules`, "at least one rules must be specified when the successPolicy is specified"));
  if (rules.length > 20) errors.push(tooMany(`${at}.rules`, rules.length, 20));
  const completions = (spec["completions"] as number | undefined) ?? 0;
  for (const [index, rule] of rules.entries())
    errors.push(...successRuleErrors(rule, completions, `${at}.rules[${index}]`));
  return errors;
}

function successRuleErrors({ succeededCount, succeededIndexes }: SuccessRule, completions: number, at: string) {
  const errors: FieldError[] = [];
  if (succeededCount === undefined && succeededIndexes === undefined)
    errors.push(required(at, "at least one of succeededCount or succeededIndexes must be specified"));
  const found = succeededIndexes === undefined ? undefined : countIndexes(succeededIndexes, completions);
  if (typeof found === "string")
    errors.push(invalid(`${at}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${found}`));
  if (succeededCount === undefined) return errors;
  const atMost = (limit: number, what: string): void => {
    if (succeededCount > limit)
      errors.push(
        invalid(
          `${at}.succeededCount`,
          succeededCount,
          `must be less than or equal to ${limit} (the number of ${what})`,
        ),
      );
  };
  if (succeededCount < 0)
    errors.push(invalid(`${at}.succeededCount`, succeededCount, "must be greater than or equal to 0"));
  atMost(completions, "specified completions");
  if (found !== undefined)
    atMost(typeof found === "number" ? found : 0, "indexes in the specified succeededIndexes field");
  return errors;
}

/** @returns how many indexes `0,2-4` names, or what is wrong with it */
function countIndexes(text: string, completions: number): number | string {
  let [last, total] = [-1, 0];
  for (const part of text === "" ? [] : text.split(",")) {
    const limits = part.split("-");
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
    }
    const [from = 0, to = from] = limits.map(Number);
    if (limits.length === 2 && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`;
    if (last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}

function replacementErrors(spec: JobSpec, at: string): FieldError[] {
  const policy = spec["podReplacementPolicy"];
  if (policy === undefined) return [];
  const allowed = spec["podFailurePolicy"] === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"];
  return allowed.includes(String(policy)) ? [] : [notSupported(at, policy, allowed)];
}

function choiceErrors(at: string, value: string | undefined, choices: readonly string[]): FieldError[] {
  if (value === undefined || value === "")
    return [required(at, `valid values: [${choices.map((one) => JSON.stringify(one)).join(" ")}]`)];
  return choices.includes(value) ? [] : [notSupported(at, value, choices)];
}

function tooMany(field: string, value: number, most: number): FieldError {
  return { type: "tooMany", field, value, detail: `must have at most ${most} items` };
}

/** An error that names no value, as for a whole rule. */
function withoutValue(field: string, detail: string): FieldError {
  return { type: "invalid", field, detail, hidesValue: true };
}
