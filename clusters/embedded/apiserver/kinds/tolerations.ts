import { type FieldError, invalid, notSupported } from "../validation/field-error.ts";
import { keyErrors, labelValueFaults } from "../validation/qualified-name.ts";

type Toleration = {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
};

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** What is wrong with a pod's tolerations (k8s.io/kubernetes, ValidateTolerations). */
export function tolerationErrors(tolerations: readonly Toleration[], at: string): FieldError[] {
  return tolerations.flatMap((one, index) => errorsOf(one, `${at}[${index}]`));
}

function errorsOf(one: Toleration, at: string): FieldError[] {
  const { effect = "", key = "", operator = "", value = "" } = one;
  const errors = key === "" ? [] : keyErrors(`${at}.key`, key);
  if (key === "" && operator !== "Exists")
    errors.push(
      invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (one.tolerationSeconds !== undefined && effect !== "NoExecute")
    errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (operator === "Equal" || operator === "") {
    const faults = labelValueFaults(value);
    if (faults.length > 0) errors.push(invalid(`${at}.operator`, value, faults.join(";")));
  } else if (operator !== "Exists") errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
  else if (value !== "")
    errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  if (effect !== "" && !EFFECTS.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, EFFECTS));
  return errors;
}
