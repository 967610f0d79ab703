import type { Random } from "../../../../core/index.ts";
import type { Kind } from "../kinds/kind.ts";
import { type FieldError, invalid, required } from "../validation/field-error.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const SUFFIX = 5;
const LONGEST_NAME = 63;

/** `web-` → `web-7xk2p`; the base is cut so that the name fits a label. */
export function generatedName(base: string, random: Random): string {
  return `${base.slice(0, LONGEST_NAME - SUFFIX)}${random.suffix(SUFFIX)}`;
}

/** What is wrong with an object's metadata (k8s.io/apimachinery, api/validation/objectmeta.go). */
export function metadataErrors(kind: Kind, metadata: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  const name = String(metadata["name"] ?? "");
  if (name === "") errors.push(required("metadata.name", "name or generateName is required"));
  else errors.push(...nameErrors(kind.names ?? "subdomain", name));
  for (const [key, value] of Object.entries((metadata["labels"] ?? {}) as Record<string, string>)) {
    errors.push(...keyErrors("metadata.labels", key));
    if (!LABEL_VALUE.test(value)) errors.push(invalid("metadata.labels", value, VALUE_TEXT));
    else if (value.length > LONGEST_NAME)
      errors.push(invalid("metadata.labels", value, `must be no more than ${LONGEST_NAME} bytes`));
  }
  for (const key of Object.keys((metadata["annotations"] ?? {}) as object))
    errors.push(...keyErrors("metadata.annotations", key.toLowerCase()));
  for (const [index, owner] of ((metadata["ownerReferences"] ?? []) as Record<string, unknown>[]).entries())
    for (const field of ["apiVersion", "kind", "name", "uid"])
      if (!owner[field])
        errors.push(
          invalid(
            `metadata.ownerReferences[${index}].${field}`,
            owner[field] ?? "",
            `${field === "apiVersion" ? "version" : field} must not be empty`,
          ),
        );
  return errors;
}

function nameErrors(rule: NonNullable<Kind["names"]>, name: string): FieldError[] {
  if (rule === "path") {
    if (name === "." || name === "..") return [invalid("metadata.name", name, `may not be '${name}'`)];
    const sign = ["/", "%"].find((one) => name.includes(one));
    return sign === undefined ? [] : [invalid("metadata.name", name, `may not contain '${sign}'`)];
  }
  const isLabel = rule === "label";
  const longest = isLabel ? LONGEST_NAME : 253;
  const errors: FieldError[] = [];
  if (name.length > longest) errors.push(invalid("metadata.name", name, `must be no more than ${longest} bytes`));
  if (!(isLabel ? LABEL : SUBDOMAIN).test(name))
    errors.push(invalid("metadata.name", name, isLabel ? LABEL_TEXT : SUBDOMAIN_TEXT));
  return errors;
}

function keyErrors(field: string, key: string): FieldError[] {
  const slash = key.indexOf("/");
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const errors: FieldError[] = [];
  if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    errors.push(invalid(field, key, `prefix part ${SUBDOMAIN_TEXT}`));
  if (name === "" || !QUALIFIED_NAME.test(name)) errors.push(invalid(field, key, KEY_TEXT));
  else if (name.length > LONGEST_NAME)
    errors.push(invalid(field, key, `name part must be no more than ${LONGEST_NAME} bytes`));
  return errors;
}
