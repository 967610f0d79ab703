import { conditionHolds, type RequestContext } from "./conditions.ts";
import type { Statement } from "./document.ts";
import { matches } from "./wildcard.ts";

export type Decision = "allowed" | "denied" | "not-allowed";

/** IAM's rule: a matching Deny wins, else a matching Allow, else the answer is no. Pure. */
export function decide(
  statements: readonly Statement[],
  request: { readonly action: string; readonly resource: string; readonly context: RequestContext },
): Decision {
  let decision: Decision = "not-allowed";
  for (const statement of statements) {
    if (!coversAction(statement, request.action)) continue;
    if (!coversResource(statement, request.resource)) continue;
    if (!conditionsHold(statement, request.context)) continue;
    if (statement.effect === "Deny") return "denied";
    decision = "allowed";
  }
  return decision;
}

/** Whether a role's trust policy lets a principal do this. */
export function trusts(
  statements: readonly Statement[],
  request: {
    readonly action: string;
    readonly principal: { readonly kind: string; readonly name: string };
    readonly context: RequestContext;
  },
): boolean {
  const { action, principal, context } = request;
  const mine = statements.filter((statement) => {
    const names = statement.principals.get(principal.kind) ?? [];
    return names.includes(principal.name) || names.includes("*");
  });
  return decide(mine, { action, resource: "", context }) === "allowed";
}

function coversAction({ actions, notActions }: Statement, action: string): boolean {
  const isIn = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
  return actions.length > 0 ? isIn(actions) : !isIn(notActions);
}

/** Trust policies name no resource: they stand on one. */
function coversResource({ resources, notResources }: Statement, resource: string): boolean {
  if (resources.length > 0) return resources.some((pattern) => matches(pattern, resource));
  if (notResources.length > 0) return !notResources.some((pattern) => matches(pattern, resource));
  return true;
}

function conditionsHold({ conditions }: Statement, context: RequestContext): boolean {
  for (const [operator, keys] of conditions)
    for (const [key, wanted] of keys) if (!conditionHolds(operator, key, wanted, context)) return false;
  return true;
}
