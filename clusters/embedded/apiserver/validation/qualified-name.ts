import { type FieldError, invalid } from "./field-error.ts";

export const LONGEST_NAME = 63;
export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
export const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
export const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NAME_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with a qualified name (k8s.io/apimachinery, IsQualifiedName). */
export function keyErrors(field: string, key: string): FieldError[] {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  const why: string[] = [];
  if (parts.length > 2)
    return [
      invalid(
        field,
        key,
        `a qualified name ${NAME_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
      ),
    ];
  if (parts.length === 2)
    if (parts[0] === "") why.push("prefix part must be non-empty");
    else if (!SUBDOMAIN.test(parts[0] ?? "")) why.push(`prefix part ${SUBDOMAIN_TEXT}`);
  if (name === "") why.push("name part must be non-empty");
  else if (name.length > LONGEST_NAME) why.push(`name part must be no more than ${LONGEST_NAME} bytes`);
  if (!QUALIFIED_NAME.test(name)) why.push(`name part ${NAME_TEXT}`);
  return why.map((one) => invalid(field, key, one));
}

/** What is wrong with a label's value (k8s.io/apimachinery, IsValidLabelValue). */
export function labelValueFaults(value: string): string[] {
  if (value.length > LONGEST_NAME) return [`must be no more than ${LONGEST_NAME} bytes`];
  return LABEL_VALUE.test(value) ? [] : [VALUE_TEXT];
}
