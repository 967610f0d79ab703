import { type Clock, Scope } from "../../core/index.ts";
import type { CaseResult, Finding } from "../../reports/index.ts";
import { CaseRunner } from "./case-runner.ts";
import { GRACE_MS, interruption, openRun } from "./open-run.ts";
import type { RunOutcome, SuiteRequest } from "./request.ts";
import { loadSteps } from "./support.ts";

/** Runs the plan in this process, pass by pass. */
export async function runHere(request: SuiteRequest): Promise<RunOutcome> {
  await using scope = new Scope("run");
  const { run, abandoned } = await openRun(request, scope);
  const work = runPasses(request, run);
  const ends = [abandoned, ...(request.signal === undefined ? [] : [interrupted(request.signal, work, request.clock)])];
  return await Promise.race([work, ...ends]);
}

async function runPasses(request: SuiteRequest, run: Awaited<ReturnType<typeof openRun>>["run"]): Promise<RunOutcome> {
  const { passes } = request.plan;
  const results: CaseResult[] = [];
  const findings: Finding[] = [];
  if (passes.length === 0) return { results, findings };
  const profiles = [...new Set(passes.flatMap((pass) => pass.cases.map((one) => one.profile)))];
  const support = await loadSteps(request.layout, profiles);
  const runner = new CaseRunner({ request, run, support, repeatCommand: request.repeatCommand });
  for (const pass of passes) {
    const failed = new Set(results.filter(({ status }) => status === "failed").map(({ id }) => id));
    const cases = request.untilFailed === true ? pass.cases.filter(({ id }) => !failed.has(id)) : pass.cases;
    if (cases.length === 0) continue;
    await using scope = new Scope(`pass ${pass.subject.id} ${pass.behaviour}`);
    const outcome = await runner.runCases(runner.contextOf(pass, scope), cases);
    results.push(...outcome.results);
    findings.push(...outcome.findings);
  }
  return { results, findings: [...findings, ...runner.end()] };
}

/** Rejects soon after the signal aborts: the case under way may still give back what it has. */
async function interrupted(signal: AbortSignal, work: Promise<unknown>, clock: Clock): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([work, clock.sleep(GRACE_MS)]);
  throw interruption(signal);
}
