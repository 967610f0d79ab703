/** One line of a label or node selector. */
export type Requirement = {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
};

/** metav1.LabelSelector. */
export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Requirement[];
};

/** Whether `labels` fall under `selector`; an empty selector selects everything. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>> = {}): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labelOf(labels, key) === value) &&
    matchExpressions.every((one) => meetsRequirement(one, labelOf(labels, one.key)))
  );
}

/** An object's own label: one that every JavaScript object inherits, such as `constructor`, is none. */
export function labelOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Whether a label's value, undefined where there is none, meets one line of a label or node selector. */
export function meetsRequirement(
  { operator, values = [] }: Omit<Requirement, "key">,
  value: string | undefined,
): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return Number(value) > Number(values[0]);
    default:
      return operator === "Lt" && Number(value) < Number(values[0]);
  }
}
