import {
  createLog,
  isMountproofError,
  MountproofError,
  messageOf,
  RealClock,
  Scope,
  silentLog,
} from "../../../core/index.ts";
import { Guard } from "../../guard.ts";
import type { Pass } from "../../plan.ts";
import type { PassContext } from "../../run-context.ts";
import { referenceProviders } from "../../subjects/reference-providers.ts";
import { REFERENCE } from "../../subjects/subject.ts";
import { CaseRunner } from "../case-runner.ts";
import { openRun } from "../open-run.ts";
import { redactedBy } from "../redact.ts";
import { loadSteps } from "../support.ts";
import type { Assignment, Chunk, FromWorker, ToWorker } from "./protocol.ts";

/** The channel to whoever started this worker. */
export type Channel = {
  readonly send: (message: FromWorker) => void;
  /** What comes, in order; ends when the other side is gone. */
  readonly messages: AsyncIterable<ToWorker>;
  /** Aborts on an interrupt, and when the other side is gone. */
  readonly signal: AbortSignal;
};

/** Runs the chunks that it is handed until there are none, in a run of its own. */
export async function serveChunks({ send, messages, signal }: Channel): Promise<void> {
  try {
    const incoming = messages[Symbol.asyncIterator]();
    const first = await incoming.next();
    if (first.done === true || first.value.type !== "assignment") return;
    await using scope = new Scope("worker");
    const worker = await open(first.value.assignment, scope, send, signal);
    send({ type: "ready" });
    for (;;) {
      const { done, value } = await incoming.next();
      if (done === true || value.type === "end" || value.type === "interrupt") break;
      if (value.type !== "run") continue;
      await worker.run(value.chunk);
      if (signal.aborted) break;
      send({ type: "ready" });
    }
    worker.end();
  } catch (error) {
    const hint = isMountproofError(error) ? error.hint : undefined;
    const code = isMountproofError(error) ? error.code : "internal";
    send({ type: "failed", code, message: messageOf(error), ...(hint !== undefined && { hint }) });
  }
}

async function open(
  { passes: sent, isDebugging, ...assignment }: Assignment,
  scope: Scope,
  send: Channel["send"],
  signal: AbortSignal,
): Promise<{ run(chunk: Chunk): Promise<void>; end(): void }> {
  const clock = new RealClock();
  const guard = new Guard();
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) send({ type: "messages", lines });
    lines = [];
  };
  const request = {
    ...assignment,
    clock,
    guard,
    signal,
    log: isDebugging ? createLog({ clock, level: "debug" }) : silentLog,
    onMessage: (line: string) => void lines.push(line),
    onProgress: (event: Parameters<Parameters<typeof openRun>[0]["onProgress"]>[0]) => {
      if (event.type === "executed") send({ type: "executed", event });
    },
  };
  const subjects = [...referenceProviders(assignment.layout), REFERENCE];
  const passes = sent.map(({ subject: id, behaviour, cases }): Pass => {
    const subject = subjects.find((one) => one.id === id);
    if (subject === undefined) throw new MountproofError("internal", { message: `a worker knows no subject "${id}"` });
    return { subject, behaviour, cases };
  });
  const { run, abandoned } = await openRun(request, scope);
  const profiles = [...new Set(passes.flatMap(({ cases }) => cases.map((one) => one.profile)))];
  const support = await loadSteps(request.layout, profiles);
  const runner = new CaseRunner({
    request,
    run,
    support,
    repeatCommand: () => "",
    onBegan: ({ id }) => {
      flush();
      send({ type: "began", id });
    },
  });
  const contexts = new Map<number, PassContext>();
  const contextOf = (index: number, pass: Pass): PassContext => {
    const known = contexts.get(index) ?? runner.contextOf(pass, scope.use(new Scope(`pass ${index}`)));
    contexts.set(index, known);
    return known;
  };
  return {
    run: async ({ pass: index, ids }) => {
      const pass = passes[index];
      const cases = ids.flatMap((id) => pass?.cases.find((one) => one.id === id) ?? []);
      if (pass === undefined || cases.length < ids.length)
        throw new MountproofError("internal", { message: `a worker was handed cases it does not know: ${ids.join()}` });
      const outcome = await Promise.race([runner.runCases(contextOf(index, pass), cases), abandoned]);
      flush();
      // The secrets of this process are known here alone.
      const { clean, findings } = redactedBy(guard, outcome.results);
      if (!signal.aborted) send({ type: "done", results: clean, findings: [...outcome.findings, ...findings] });
    },
    end: () => {
      const findings = runner.end();
      flush();
      send({ type: "over", findings });
    },
  };
}
