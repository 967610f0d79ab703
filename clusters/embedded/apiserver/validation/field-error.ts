import { KubeStatusError } from "../../../../kube/client.ts";
import type { Status } from "../../../../kube/types.ts";

/** What is wrong with one field, as k8s.io/apimachinery's `field.Error` has it. */
export type FieldError = {
  readonly type: FieldErrorType;
  /** `spec.containers[0].name` */
  readonly field: string;
  /** The value that was found; not shown by the types that hide it. */
  readonly value?: unknown;
  readonly detail?: string;
  /** The value is not shown, whatever the type. */
  readonly hidesValue?: boolean;
};

export type FieldErrorType = keyof typeof TYPES;

/** Text, reason of the cause, and whether the value is shown. */
const TYPES = {
  notFound: ["Not found", "FieldValueNotFound", true],
  required: ["Required value", "FieldValueRequired", false],
  duplicate: ["Duplicate value", "FieldValueDuplicate", true],
  invalid: ["Invalid value", "FieldValueInvalid", true],
  typeInvalid: ["Invalid value", "FieldValueTypeInvalid", true],
  notSupported: ["Unsupported value", "FieldValueNotSupported", true],
  forbidden: ["Forbidden", "FieldValueForbidden", false],
  tooLong: ["Too long", "FieldValueTooLong", false],
  tooMany: ["Too many", "FieldValueTooMany", true],
} as const satisfies Record<string, readonly [string, string, boolean]>;

export function required(field: string, detail = ""): FieldError {
  return { type: "required", field, detail };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { type: "invalid", field, value, detail };
}

export function forbidden(field: string, detail: string): FieldError {
  return { type: "forbidden", field, detail };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { type: "duplicate", field, value };
}

export function notFound(field: string, value: unknown): FieldError {
  return { type: "notFound", field, value };
}

/** @param supported in the order the message names them */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const names = supported.map((name) => JSON.stringify(name)).join(", ");
  return { type: "notSupported", field, value, detail: `supported values: ${names}` };
}

/** The message of a cause: type, value, detail. */
export function errorBody(error: FieldError): string {
  const [text, , showsValue] = TYPES[error.type];
  const head = showsValue && error.hidesValue !== true ? `${text}: ${goValue(error.value)}` : text;
  return error.detail ? `${head}: ${error.detail}` : head;
}

/** A value as the message shows it: strings quoted, the rest as JSON. */
function goValue(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return JSON.stringify(value);
}

/** 422 `Invalid` for an object, with one cause an error. */
export function invalidObject(
  of: { readonly group: string; readonly kind: string; readonly name: string },
  errors: readonly FieldError[],
): KubeStatusError {
  const qualified = of.group === "" ? of.kind : `${of.kind}.${of.group}`;
  return new KubeStatusError({
    ...failure(422, "Invalid", `${qualified} "${of.name}" is invalid: ${aggregate(errors.map(describe))}`),
    details: {
      ...(of.name === "" ? {} : { name: of.name }),
      ...(of.group === "" ? {} : { group: of.group }),
      kind: of.kind,
      causes: errors.map((error) => ({ reason: TYPES[error.type][1], message: errorBody(error), field: error.field })),
    },
  });
}

function describe(error: FieldError): string {
  return `${error.field}: ${errorBody(error)}`;
}

/** Go's `errors.Aggregate`: one text plain, several in brackets, repeated ones once. */
export function aggregate(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`;
}

/** A Status of a refusal. */
export function failure(code: number, reason: string, message: string): Status {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}

export function badRequest(message: string): KubeStatusError {
  return new KubeStatusError(failure(400, "BadRequest", message));
}

/** A real server gives what none of its handlers foresaw as plain errors: 500, and no reason. */
export function plainFailure(message: string): KubeStatusError {
  const { reason: _none, ...status } = failure(500, "", message);
  return new KubeStatusError(status);
}

/** 404 for one object. */
export function notFoundObject(group: string, plural: string, name: string): KubeStatusError {
  const qualified = group === "" ? plural : `${plural}.${group}`;
  return new KubeStatusError({
    ...failure(404, "NotFound", `${qualified} "${name}" not found`),
    details: { name, ...(group === "" ? {} : { group }), kind: plural },
  });
}

/** 403 with the text of whoever refused. */
export function forbiddenObject(group: string, plural: string, name: string, why: string): KubeStatusError {
  const qualified = group === "" ? plural : `${plural}.${group}`;
  const subject = qualified === "" ? "" : name === "" ? `${qualified} is ` : `${qualified} "${name}" is `;
  return new KubeStatusError({
    ...failure(403, "Forbidden", `${subject}forbidden: ${why}`),
    details: {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      ...(plural === "" ? {} : { kind: plural }),
    },
  });
}
