import type { ContextOwner } from "../../clusters/kubeconfig/index.ts";
import { MountproofError } from "../../core/index.ts";

export type Question = {
  readonly context: string;
  readonly server: string;
  readonly owner: ContextOwner;
  /** `--yes` */
  readonly yes: boolean;
  /** Whether `--context` named it; the current one may be any. */
  readonly isNamed: boolean;
};

/**
 * Returns when the context may be touched: kind's and this project's own at once, anybody else's when its user says so.
 * @param ask a terminal's answer; undefined where there is nobody to ask
 * @throws MountproofError `environment` when it may not
 */
export async function obtainConsent(
  { context, server, owner, yes, isNamed }: Question,
  ask: ((question: string) => Promise<string>) | undefined,
): Promise<void> {
  if (owner !== "somebody") return;
  const what = `the context "${context}" at ${server} is neither kind's nor one of mountproof up`;
  const makes = "namespaces, the driver, a provider and their cluster roles are made there, and removed at the end";
  if (yes && isNamed) return;
  if (yes)
    throw new MountproofError("environment", {
      message: `${what}, and --yes does not say which cluster is meant`,
      hint: `name it: --context ${context} --yes`,
    });
  if (ask === undefined)
    throw new MountproofError("environment", {
      message: `${what}: it is not touched without your word (${makes})`,
      hint: `if it is meant: --context ${context} --yes`,
    });
  const answer = await ask(`${what}.\n${makes}.\nType the context's name to go on: `);
  if (answer.trim() === context) return;
  throw new MountproofError("environment", { message: `nothing was done to the context "${context}"` });
}
