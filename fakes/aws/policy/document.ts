import { AwsRefusal } from "../errors.ts";
import { CONDITION_OPERATORS } from "./conditions.ts";

export type Effect = "Allow" | "Deny";

/** Operator → key → values: `{ StringEquals: { "aws:RequestedRegion": ["eu-west-1"] } }`. */
export type Conditions = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export type Statement = {
  readonly effect: Effect;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  /** Kind → names, of trust policies: `{ Federated: ["arn:…"] }`. */
  readonly principals: ReadonlyMap<string, readonly string[]>;
  readonly conditions: Conditions;
};

/** An identity policy, or a role's trust policy. */
export type PolicyKind = "identity" | "trust";

const MEMBERS = new Set(["Version", "Id", "Statement"]);
const STATEMENT_MEMBERS = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "Condition",
]);

/**
 * Reads a policy document. What this fake does not evaluate it refuses here, so that no rule is passed over in silence.
 * @throws AwsRefusal `MalformedPolicyDocument`
 */
export function parsePolicy(text: string, kind: PolicyKind): readonly Statement[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("Syntax errors in policy.");
  }
  const document = objectOf(value, "Syntax errors in policy.");
  const unknown = Object.keys(document).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) throw malformed(`Syntax error: the policy has no member ${unknown}.`);
  const version = document["Version"] ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17")
    throw malformed("The policy must contain a valid version string.");
  const statements = document["Statement"];
  if (statements === undefined) throw malformed("Missing required field Statement");
  const list = Array.isArray(statements) ? statements : [statements];
  if (list.length === 0) throw malformed("Policy statement must contain at least one statement.");
  return list.map((statement) => readStatement(objectOf(statement, "Syntax errors in policy."), kind));
}

function readStatement(statement: Readonly<Record<string, unknown>>, kind: PolicyKind): Statement {
  const unknown = Object.keys(statement).find((name) => !STATEMENT_MEMBERS.has(name));
  if (unknown !== undefined) throw malformed(`Syntax error: the statement has no member ${unknown}.`);
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw malformed("Invalid effect: it is Allow or Deny.");
  const read: Statement = {
    effect,
    actions: texts(statement["Action"]),
    notActions: texts(statement["NotAction"]),
    resources: texts(statement["Resource"]),
    notResources: texts(statement["NotResource"]),
    principals: readPrincipals(statement["Principal"]),
    conditions: readConditions(statement["Condition"]),
  };
  if (read.actions.length + read.notActions.length === 0) throw malformed("Policy statement must contain actions.");
  for (const action of [...read.actions, ...read.notActions])
    if (action !== "*" && !action.includes(":"))
      throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (kind === "identity") {
    if (read.principals.size > 0) throw malformed("Policy document should not specify a principal.");
    if (read.resources.length + read.notResources.length === 0)
      throw malformed("Policy statement must contain resources.");
    for (const resource of [...read.resources, ...read.notResources])
      if (resource !== "*" && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/s.test(resource))
        throw malformed(`Resource ${resource} must be in ARN format or "*".`);
  } else {
    if (read.resources.length + read.notResources.length > 0) throw malformed("Has prohibited field Resource");
    if (read.principals.size === 0) throw malformed("Missing required field Principal");
  }
  return read;
}

function readPrincipals(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (value === undefined) return new Map();
  if (value === "*") return new Map([["AWS", ["*"]]]);
  return new Map(
    Object.entries(objectOf(value, "Invalid principal in policy.")).map(([kind, names]) => [kind, texts(names)]),
  );
}

function readConditions(value: unknown): Conditions {
  if (value === undefined) return new Map();
  const operators = Object.entries(objectOf(value, "Syntax errors in policy."));
  return new Map(
    operators.map(([operator, keys]) => {
      if (!CONDITION_OPERATORS.has(operator.replace(/IfExists$/, "")))
        throw malformed(`Condition operator ${operator} is not evaluated by this fake.`);
      const entries = Object.entries(objectOf(keys, "Syntax errors in policy."));
      return [operator, new Map(entries.map(([key, values]) => [key, texts(values)]))];
    }),
  );
}

function texts(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item !== "string" && typeof item !== "boolean" && typeof item !== "number")
      throw malformed("Syntax errors in policy.");
    return String(item);
  });
}

function objectOf(value: unknown, otherwise: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed(otherwise);
  return value as Record<string, unknown>;
}

function malformed(message: string): AwsRefusal {
  return new AwsRefusal("MalformedPolicyDocument", message);
}
