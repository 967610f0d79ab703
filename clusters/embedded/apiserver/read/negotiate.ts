import { KubeStatusError } from "../../../../kube/client.ts";
import { failure } from "../validation/field-error.ts";

/** In what form the client wants its answer. */
export type Form = "object" | "table" | "partial" | "protobuf";

const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Whether the client would take protobuf, at any place of its wishes. */
export function admitsProtobuf(accept: string | undefined): boolean {
  return accept?.includes(PROTOBUF) === true;
}

const AVAILABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const AVAILABLE_STREAMS =
  "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/**
 * Reads Accept in the client's order.
 * @param canProtobuf whether this answer can be written in protobuf; if not, the next wish counts
 * @param isStream a watch, which is not written in YAML; an object is, where the answer goes out
 * @throws KubeStatusError 406 when it does not
 */
export function negotiate(accept: string | undefined, canProtobuf = false, isStream = false): Form {
  if (accept === undefined || accept.trim() === "") return "object";
  for (const part of accept.split(",")) {
    const [type = "", ...parameters] = part
      .trim()
      .split(";")
      .map((text) => text.trim());
    if (type === PROTOBUF && canProtobuf && parameters.every((one) => !one.startsWith("as="))) return "protobuf";
    if (type === "application/yaml" && !isStream && parameters.every((one) => !one.startsWith("as="))) return "object";
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    const as = parameters.find((parameter) => parameter.startsWith("as="))?.slice(3);
    if (as === undefined) return "object";
    const [version, group] = [
      parameters.find((text) => text.startsWith("v=")),
      parameters.find((text) => text.startsWith("g=")),
    ];
    if (group !== "g=meta.k8s.io" || version !== "v=v1") continue;
    if (as === "Table") return "table";
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return "partial";
  }
  throw new KubeStatusError({
    ...failure(
      406,
      "NotAcceptable",
      `406: Not Acceptable\n\nAvailable representations: ${isStream ? AVAILABLE_STREAMS : AVAILABLE}`,
    ),
    details: {},
  });
}
