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
    const { object, unknown } = readAsKind(write, sent);
    const named = duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`);
    tellNotes(write, [...unknown, ...named], (why) => badRequest(`${cannotBeHandled(write.kind)}: ${why}`));
    return object;
  } catch (error) {
    if (error instanceof UnmarshalError) throw badRequest(`${cannotBeHandled(write.kind)}: ${error.message}`);
    throw error;
  }
}

/** What else is known of an object that a patch made. */
export type Patched = {
  /** What was patched: what the patch left of it was read before. */
  readonly before: KubeObject;
  /** The patch or the object, as a refusal shows it. */
  readonly shown: () => string;
  /** What the client may want to know of the patch itself. */
  readonly notes: readonly string[];
  /** Go reads what such a patch made in another way, with other words. */
  readonly isStrategic: boolean;
};

/**
 * The same of an object that a patch made: what is wrong is the patch.
 * @throws KubeStatusError 422
 */
export function typedPatched(
  write: Write,
  patched: KubeObject,
  { before, shown, notes, isStrategic }: Patched,
): KubeObject {
  try {
    const { object, unknown } = readAsKind(write, patched, before);
    tellNotes(write, [...notes, ...unknown], (why) => refusedPatch(shown(), why));
    return object;
  } catch (error) {
    if (!(error instanceof UnmarshalError)) throw error;
    const text = shown();
    throw refusedPatch(text, isStrategic ? error.unstructured : firstWrongIn(text, write, error).message);
  }
}

/** What is wrong first as a real server reads the object, which it has as text: its keys are in another order. */
function firstWrongIn(text: string, write: Write, known: UnmarshalError): UnmarshalError {
  try {
    readAsKind(write, JSON.parse(text) as KubeObject);
    return known;
  } catch (error) {
    return error instanceof UnmarshalError ? error : known;
  }
}

/** A patch that makes no good object: 422, with the patch or the object that it made. */
export function refusedPatch(shown: string, why: string): KubeStatusError {
  const { status } = invalidObject({ group: "", kind: "", name: "" }, [invalid("patch", shown, why)]);
  return new KubeStatusError({
    ...failure(422, "Invalid", status.message ?? ""),
    details: { causes: status.details?.causes ?? [] },
  });
}

/** Tells the client of what is odd as it asked: not at all, by warnings, or by a refusal. */
export function tellNotes(
  { options, request }: Write,
  notes: readonly string[],
  refusal: (why: string) => KubeStatusError,
): void {
  if (notes.length === 0 || options.fieldValidation === "Ignore") return;
  if (options.fieldValidation === "Strict") throw refusal(`strict decoding error: ${notes.join(", ")}`);
  request.warnings.push(...notes);
}

function cannotBeHandled(kind: Kind): string {
  const version = JSON.stringify(kind.version);
  return `${kind.kind} in version ${version} cannot be handled as a ${kind.kind}`;
}

/** @returns the object as its kind has it, and a note of each field that the kind has not */
function readAsKind(
  { kind, schema, type }: Write,
  sent: KubeObject,
  known?: KubeObject,
): { readonly object: KubeObject; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  let object = sent;
  if (kind.isCustom === true) {
    const meta = type?.fields?.get("metadata")?.type;
    if (!isObject(sent.metadata)) throw new UnmarshalError("metadata is no object");
    object = { ...sent, metadata: meta === undefined ? sent.metadata : readTyped(sent.metadata, meta) };
    if (schema !== undefined) unknown.push(...pruneUnknown(object, schema));
  } else if (type !== undefined) object = readTyped(sent, type, unknown, known) as KubeObject;
  return { object, unknown: unknown.map((path) => `unknown field ${JSON.stringify(path)}`) };
}
