import { KubeStatusError } from "../../../../kube/client.ts";
import type { KubeObject } from "../../../../kube/types.ts";
import { CRD_GROUP, hasRules, isObject, type Schema } from "../crd/types.ts";
import { apiVersionOf, type Kind } from "../kinds/kind.ts";
import type { Writer } from "../ownership/managed-fields.ts";
import type { ApiRequest } from "../pipeline.ts";
import type { KindTypes } from "../schema/kind-types.ts";
import { readTyped, UnmarshalError } from "../schema/read-typed.ts";
import type { TypeNode } from "../schema/type-node.ts";
import { type ServerContext, timestamp } from "../server-context.ts";
import { badRequest, failure, invalid, invalidObject } from "../validation/field-error.ts";
import { pruneUnknown, type WriteOptions, writeOptions } from "./options.ts";

/** One write on its way: who asks for what, and all that is known of the kind. */
export type Write = {
  readonly server: ServerContext;
  readonly request: ApiRequest;
  readonly kind: Kind;
  /** Of a CustomResource's version; built-in kinds have none, their rules are code. */
  readonly schema: Schema | undefined;
  /** Undefined for a kind without a table entry: it is stored as it is sent. */
  readonly type: TypeNode | undefined;
  readonly options: WriteOptions;
  /** The rules' language, where the schema has rules or a definition may bring some. */
  readonly expressions: Awaited<ReturnType<KindTypes["expressions"]>> | undefined;
};

/** @throws KubeStatusError 422 for options that mean nothing */
export async function beginWrite(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
  optionsKind: string,
): Promise<Write> {
  const options = writeOptions(request, optionsKind);
  const type = await server.types.of(kind, schema);
  const usesRules = isDefinitionKind(kind) || hasRules(schema);
  const expressions = usesRules ? await server.types.expressions() : undefined;
  return { server, request, kind, schema, options, type, expressions };
}

/** Whether objects of this kind are CustomResourceDefinitions. */
export function isDefinitionKind({ group, plural }: Kind): boolean {
  return group === CRD_GROUP && plural === "customresourcedefinitions";
}

/** Who writes: the field manager that the client names, else the first word of its User-Agent. */
export function writerOf({ kind, options, request, server }: Write): Writer {
  const agent = request.exchange.headers["user-agent"] ?? "";
  return {
    manager: options.fieldManager ?? (agent.split("/")[0] ?? "").slice(0, 128),
    apiVersion: apiVersionOf(kind),
    subresource: request.info.subresource === "finalize" ? "" : request.info.subresource,
    now: timestamp(server.clock),
  };
}

/**
 * The object as the kind's Go struct would hold it, without what the kind does not have; tells of that as asked.
 * @param duplicates fields that the text names twice
 * @throws KubeStatusError 400 for a value of a wrong type, and for unknown fields in strict mode
 */
export function typedObject(write: Write, sent: KubeObject, duplicates: readonly string[] = []): KubeObject {
  try {
    return readAsKind(write, sent, duplicates, (why) => {
      throw badRequest(`${cannotBeHandled(write.kind)}: strict decoding error: ${why}`);
    });
  } catch (error) {
    if (error instanceof UnmarshalError) throw badRequest(`${cannotBeHandled(write.kind)}: ${error.message}`);
    throw error;
  }
}

/**
 * The same of an object that a patch made: what is wrong is the patch.
 * @param before what was patched: what the patch left of it was read before
 * @param shown the patch or the object, as the refusal shows it
 * @param isStrategic whose objects Go reads another way, with other words
 * @throws KubeStatusError 422
 */
export function typedPatched(
  write: Write,
  patched: KubeObject,
  before: KubeObject,
  shown: () => string,
  isStrategic: boolean,
): KubeObject {
  const refusal = (why: string): KubeStatusError => {
    const { status } = invalidObject({ group: "", kind: "", name: "" }, [invalid("patch", shown(), why)]);
    return new KubeStatusError({
      ...failure(422, "Invalid", status.message ?? ""),
      details: { causes: status.details?.causes ?? [] },
    });
  };
  try {
    const refuse = (why: string): never => {
      throw refusal(`strict decoding error: ${why}`);
    };
    return readAsKind(write, patched, [], refuse, before);
  } catch (error) {
    if (error instanceof UnmarshalError) throw refusal(isStrategic ? error.unstructured : error.message);
    throw error;
  }
}

function cannotBeHandled(kind: Kind): string {
  const version = JSON.stringify(kind.version);
  return `${kind.kind} in version ${version} cannot be handled as a ${kind.kind}`;
}

function readAsKind(
  write: Write,
  sent: KubeObject,
  duplicates: readonly string[],
  refuse: (why: string) => never,
  known?: KubeObject,
): KubeObject {
  const { kind, options, request, schema, type } = write;
  const unknown: string[] = [];
  let object = sent;
  if (kind.isCustom === true) {
    const meta = type?.fields?.get("metadata")?.type;
    if (!isObject(sent.metadata)) throw new UnmarshalError("metadata is no object");
    object = { ...sent, metadata: meta === undefined ? sent.metadata : readTyped(sent.metadata, meta) };
    if (schema !== undefined) unknown.push(...pruneUnknown(object, schema));
  } else if (type !== undefined) object = readTyped(sent, type, unknown, known) as KubeObject;
  const notes = [
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
  ];
  if (notes.length === 0 || options.fieldValidation === "Ignore") return object;
  if (options.fieldValidation === "Strict") refuse(notes.join(", "));
  request.warnings.push(...notes);
  return object;
}
