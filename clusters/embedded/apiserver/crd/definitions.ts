import type { Condition, KubeObject } from "../../../../kube/types.ts";
import { age } from "../kinds/columns/column.ts";
import { ALL_VERBS, type Column, type Kind, type Subresource } from "../kinds/kind.ts";
import { type FieldError, invalid, notSupported, required } from "../validation/field-error.ts";
import {
  CRD_GROUP,
  type Definition,
  type DefinitionStatus,
  type Loose,
  type PrinterColumn,
  type Schema,
  type Version,
} from "./types.ts";

const DEFAULT_DEPRECATION = (definition: Definition, version: string): string =>
  `${definition.spec.group}/${version} ${definition.spec.names.kind} is deprecated`;

/** The kinds that a CustomResourceDefinition adds: one a served version. */
export function kindsOf(definition: Definition): { readonly kind: Kind; readonly schema: Schema | undefined }[] {
  const { group, names, scope, versions } = definition.spec;
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      schema: version.schema?.openAPIV3Schema,
      kind: {
        group,
        version: version.name,
        kind: names.kind,
        plural: names.plural,
        singular: names.singular ?? names.kind.toLowerCase(),
        namespaced: scope === "Namespaced",
        ...(names.shortNames !== undefined && { shortNames: names.shortNames }),
        ...(names.categories !== undefined && { categories: names.categories }),
        verbs: ALL_VERBS,
        subresources: subresourcesOf(version),
        isCustom: true,
        ...scaleOf(version),
        requiresResourceVersionOnUpdate: true,
        ...(version.additionalPrinterColumns !== undefined && {
          columns: version.additionalPrinterColumns.map(columnOf),
        }),
        ...(version.selectableFields !== undefined && {
          selectable: Object.fromEntries(
            version.selectableFields.map(({ jsonPath }) => [
              jsonPath.replace(/^\./, ""),
              (object: KubeObject) => String(valueAt(object, jsonPath) ?? ""),
            ]),
          ),
        }),
        ...(version.deprecated === true && {
          deprecation: version.deprecationWarning ?? DEFAULT_DEPRECATION(definition, version.name),
        }),
      },
    }));
}

function subresourcesOf({ subresources }: Version): Subresource[] {
  return [
    ...(subresources?.scale === undefined
      ? []
      : [
          {
            name: "scale",
            verbs: ["get", "patch", "update"] as const,
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
          },
        ]),
    ...(subresources?.status === undefined ? [] : [{ name: "status", verbs: ["get", "patch", "update"] as const }]),
  ];
}

const pathOf = (jsonPath: string): string[] => jsonPath.split(".").filter((part) => part !== "");

function scaleOf({ subresources }: Version): Pick<Kind, "scale"> {
  const { scale } = subresources ?? {};
  if (scale === undefined) return {};
  return {
    scale: {
      specPath: pathOf(scale.specReplicasPath),
      statusPath: pathOf(scale.statusReplicasPath),
      ...(scale.labelSelectorPath !== undefined && { selectorPath: pathOf(scale.labelSelectorPath) }),
    },
  };
}

const COLUMN_TYPES = ["integer", "number", "boolean", "date"] as const;

function columnOf({ name, type, format, description, priority, jsonPath }: PrinterColumn): Column {
  const shown = COLUMN_TYPES.find((one) => one === type) ?? "string";
  return {
    name,
    type: shown,
    ...(format !== undefined && { format }),
    ...(description !== undefined && { description }),
    ...(priority !== undefined && { priority }),
    value: (object, now) => cellOf(valueAt(object, jsonPath), shown, now),
  };
}

/** What has no value, or one of another type, is no cell (apiextensions-apiserver, tableconvertor). */
function cellOf(value: unknown, type: Column["type"], now: number): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "date":
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? age(value, now) : "<invalid>";
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "integer":
    case "number":
      return typeof value === "number" ? value : null;
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

/** A simple JSONPath, `.spec.items[0].name`: what printer columns and selectable fields use. */
function valueAt(object: unknown, path: string): unknown {
  const parts = path
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((part) => part !== "");
  return parts.reduce<unknown>(
    (value, part) => (value === undefined || value === null ? undefined : (value as Loose)[part.replaceAll("\\", "")]),
    object,
  );
}

/** Fills names and conversion. */
export function defaultDefinition({ spec }: Definition): void {
  spec.names.singular ||= spec.names.kind.toLowerCase();
  spec.names.listKind ||= `${spec.names.kind}List`;
  spec.conversion ??= { strategy: "None" };
}

/** Of one that was just written: nobody has looked at it yet. */
export function pendingStatus({ spec }: Definition): DefinitionStatus {
  const storage = spec.versions.find((version) => version.storage)?.name ?? "";
  return { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: [storage] };
}

/** The status of one whose names are accepted. */
export function acceptedStatus(definition: Definition, now: string): DefinitionStatus {
  const { spec, status: known } = definition;
  const storage = spec.versions.find((version) => version.storage)?.name ?? "";
  const condition = (type: string, reason: string, message: string): Condition => {
    const old = known?.conditions?.find((one) => one.type === type);
    return { type, status: "True", lastTransitionTime: old?.lastTransitionTime ?? now, reason, message };
  };
  const others = (known?.conditions ?? []).filter(({ type }) => type !== "NamesAccepted" && type !== "Established");
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ...others,
    ],
    acceptedNames: { ...spec.names },
    storedVersions: [...new Set([...(known?.storedVersions ?? []), storage])],
  };
}

/** The status of one that is being deleted. */
export function terminatingStatus(
  definition: Definition,
  reason: string,
  message: string,
  now: string,
): DefinitionStatus {
  const status = definition.status ?? pendingStatus(definition);
  const old = status.conditions?.find(({ type }) => type === "Terminating");
  const others = (status.conditions ?? []).filter(({ type }) => type !== "Terminating");
  const lastTransitionTime = old?.lastTransitionTime ?? now;
  return {
    ...status,
    conditions: [...others, { type: "Terminating", status: "True", lastTransitionTime, reason, message }],
  };
}

/** What is wrong with a definition (k8s.io/apiextensions-apiserver, apis/apiextensions/validation). */
export function definitionErrors(definition: Definition): FieldError[] {
  const { spec } = definition;
  const errors: FieldError[] = [];
  if (!spec?.names) return [required("spec")];
  const { names, group, versions = [], scope } = spec;
  const expected = `${names.plural}.${group}`;
  if (definition.metadata.name !== expected)
    errors.push(invalid("metadata.name", definition.metadata.name, `must be spec.names.plural+"."+spec.group`));
  if (!group) errors.push(required("spec.group"));
  if (!names.plural) errors.push(required("spec.names.plural"));
  if (!names.kind) errors.push(required("spec.names.kind"));
  if (scope !== "Namespaced" && scope !== "Cluster")
    errors.push(notSupported("spec.scope", scope ?? "", ["Cluster", "Namespaced"]));
  if (versions.length === 0) errors.push(required("spec.versions"));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalid(
        "spec.versions",
        versions.map(({ name }) => name),
        "must have exactly one version marked as storage version",
      ),
    );
  for (const [index, version] of versions.entries())
    if (version.schema?.openAPIV3Schema === undefined)
      errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  if (spec.conversion !== undefined && spec.conversion.strategy !== "None")
    errors.push(notSupported("spec.conversion.strategy", spec.conversion.strategy, ["None"]));
  return errors;
}

/** Whether a stored object is a CustomResourceDefinition. */
export function isDefinition(object: KubeObject): object is Definition {
  return object.kind === "CustomResourceDefinition" && object.apiVersion === `${CRD_GROUP}/v1`;
}
