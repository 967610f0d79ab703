import type { Schema } from "../crd/types.ts";
import type { Kind } from "../kinds/kind.ts";
import type { ApiRequest } from "../pipeline.ts";
import { sendObject } from "../read/read.ts";
import { readBody } from "../requests/body.ts";
import { findStored, type ServerContext } from "../server-context.ts";
import { badRequest, invalidObject, notFoundObject } from "../validation/field-error.ts";
import { storeChange } from "./change.ts";
import { namespaceFor, storeNew } from "./create.ts";
import { updateScale } from "./scale.ts";
import { beginWrite, typedObject } from "./write.ts";

/** Answers a PUT: of the object, its status, its scale, or a namespace's finalizers. */
export async function updateObject(
  server: ServerContext,
  request: ApiRequest,
  kind: Kind,
  schema: Schema | undefined,
): Promise<void> {
  const { info, exchange } = request;
  const write = await beginWrite(server, request, kind, schema, "UpdateOptions");
  if (info.subresource === "scale") return await updateScale(write);
  const { object: sent, duplicates } = await readBody(exchange, kind, server.extensions);
  const object = typedObject(write, sent, duplicates);
  const { name = "" } = object.metadata;
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  namespaceFor(kind, info.namespace === info.name && kind.plural === "namespaces" ? "" : info.namespace, object);
  const current = findStored(server, kind, info.namespace, info.name);
  if (current === undefined) {
    if (kind.createsOnUpdate !== true || info.subresource !== "")
      throw notFoundObject(kind.group, kind.plural, info.name);
    return sendObject(server, request, kind, 201, storeNew(write, object));
  }
  if (kind.isCustom === true && !object.metadata.resourceVersion)
    throw invalidObject({ group: kind.group, kind: kind.plural, name }, [
      { type: "invalid", field: "metadata.resourceVersion", value: 0, detail: "must be specified for an update" },
    ]);
  sendObject(server, request, kind, 200, storeChange(write, current, object));
}
