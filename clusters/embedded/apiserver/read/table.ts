import type { KubeObject } from "../../../../kube/types.ts";
import { columnsOf } from "../kinds/columns/index.ts";
import type { Column, Kind } from "../kinds/kind.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

/** meta.k8s.io/v1 Table: what `kubectl get` prints. `includeHeaders` false for all but the first event of a watch. */
export function tableOfObjects(
  kind: Kind,
  objects: readonly KubeObject[],
  options: {
    readonly now: number;
    readonly include: IncludeObject;
    readonly metadata: Record<string, unknown>;
    readonly headers?: boolean;
  },
): Record<string, unknown> {
  const columns = columnsOf(kind);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata,
    columnDefinitions: options.headers === false ? null : columns.map(definition),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, options.now)),
      ...(options.include === "Metadata" && { object: partial(object) }),
      ...(options.include === "Object" && { object }),
    })),
  };
}

/** meta.k8s.io/v1 PartialObjectMetadata */
export function partial(object: KubeObject): Record<string, unknown> {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

function definition({ name, type, format, description, priority }: Column): Record<string, unknown> {
  return { name, type, format: format ?? "", description: description ?? "", priority: priority ?? 0 };
}
