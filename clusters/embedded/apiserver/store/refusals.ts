import { KubeStatusError } from "../../../../kube/client.ts";
import { failure } from "../validation/field-error.ts";

const split = (qualified: string): { readonly kind: string; readonly group?: string } => {
  const dot = qualified.indexOf(".");
  return dot < 0 ? { kind: qualified } : { kind: qualified.slice(0, dot), group: qualified.slice(dot + 1) };
};

/** 409 `Conflict` for one object. */
export function conflict(qualified: string, name: string, why: string): KubeStatusError {
  const { kind, group } = split(qualified);
  return new KubeStatusError({
    ...failure(409, "Conflict", `Operation cannot be fulfilled on ${qualified} "${name}": ${why}`),
    details: { name, ...(group !== undefined && { group }), kind },
  });
}

/** 409 `AlreadyExists` */
export function alreadyExists(qualified: string, name: string): KubeStatusError {
  const { kind, group } = split(qualified);
  return new KubeStatusError({
    ...failure(409, "AlreadyExists", `${qualified} "${name}" already exists`),
    details: { name, ...(group !== undefined && { group }), kind },
  });
}

/** 410 `Expired`: what the reader asks for is no longer in the history. */
export function expired(message: string): KubeStatusError {
  return new KubeStatusError(failure(410, "Expired", message));
}

/** 404 for a path that is no resource. */
export function noSuchPath(): KubeStatusError {
  return new KubeStatusError({
    ...failure(404, "NotFound", "the server could not find the requested resource"),
    details: {},
  });
}

/** 405 for a verb that the resource does not have. */
export function methodNotAllowed(): KubeStatusError {
  return new KubeStatusError({
    ...failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
    details: {},
  });
}

/** 415 for a body in a form that is not read here. */
export function unsupportedMediaType(accepted: readonly string[]): KubeStatusError {
  return new KubeStatusError(
    failure(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
    ),
  );
}

/** 406 for an answer in a form that is not written here. */
export function notAcceptable(accepted: readonly string[]): KubeStatusError {
  return new KubeStatusError(
    failure(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`),
  );
}

/** 504 for a version that lies in the future. */
export function versionTooLarge(version: number, current: number): KubeStatusError {
  return new KubeStatusError({
    ...failure(504, "Timeout", `Timeout: Too large resource version: ${version}, current: ${current}`),
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

/** 501 for a part of the API that is known and not built. */
export function notImplemented(what: string): KubeStatusError {
  return new KubeStatusError(failure(501, "NotImplemented", `${what} is not implemented by this server`));
}

/** What a kubelet said that the API server asked on somebody's behalf (apimachinery, GenericHttpResponseChecker). */
export function kubeletAnswered(code: number, name: string, said: string): KubeStatusError {
  if (code === 500) return new KubeStatusError(failure(500, "InternalError", `Internal error occurred: ${said}`));
  const known = { 404: ["NotFound", "the server could not find the requested resource"] }[code];
  const [reason, message] = known ?? [
    "Unknown",
    `the server responded with the status code ${code} but did not return more information`,
  ];
  return new KubeStatusError({
    ...failure(code, reason ?? "", `${message} ( pods/log ${name})`),
    details: { name, kind: "pods/log", causes: [{ reason: "UnexpectedServerResponse", message: said }] },
  });
}
