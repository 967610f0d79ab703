import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import type { Clock, Digester, Log, MountproofError, Random, Scope } from "../core/index.ts";
import type { Guard } from "./guard.ts";
import type { Lifeline } from "./lifeline.ts";
import type { Behaviour } from "./needs.ts";
import type { KeptLog, LogSighting } from "./subjects/kept-log.ts";
import type { Subject } from "./subjects/subject.ts";

/** What outlives a case: made once a run and shared by its passes. */
export type RunContext = {
  readonly scope: Scope;
  /** Everything the run writes, reports apart, is below it. */
  readonly folder: string;
  /** Where the logs of programs are kept after the run. */
  readonly logFolder: string | undefined;
  /** The one log of all programs of this name, which keeps what they print and tells of secrets in it. */
  keptLog(name: string): KeptLog;
  /** Whoever's case runs now is known to the logs from then on. */
  began(id: string, subject: string): void;
  /** The secrets that the kept logs have shown so far. */
  sightings(): readonly (LogSighting & { readonly file: string | undefined })[];
  readonly lifeline: Lifeline;
  readonly guard: Guard;
  readonly digester: Digester;
  /** Real time: for programs, and for measuring. */
  readonly clock: Clock;
  readonly log: Log;
  readonly seed: number;
  /** Whether scenarios of parts in this process move time themselves or wait for it; programs always wait. */
  readonly time: "virtual" | "real";
  /** Whether the reference parts run in this process or each as one of its own, then on the real clock. */
  readonly parts: "in-process" | "processes";
  /** The programs of a real kube-apiserver and etcd, over which clusters run then; undefined: the embedded server. */
  readonly apiserver: { readonly kubeApiserver: string; readonly etcd: string } | undefined;
  /** Where each case's journal is kept after the run; undefined when it is not. */
  readonly journalFolder: string | undefined;
  /** Aborts when the run is interrupted: cases begin nothing new and give back what they have. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes something once a run, such as a certificate authority: the first caller makes it, all get the same.
   * Its maker puts what must be given back into the scope it is handed.
   */
  once<T>(key: string, make: (scope: Scope) => Promise<T>): Promise<T>;
  /** Ends the whole run with this error: it cannot be made at all, and nothing is judged. */
  abandon(error: MountproofError): void;
  /** A new folder with a short path, removed when `scope` ends. */
  makeFolder(prefix: string, scope: Scope): Promise<string>;
};

/** What a case sees of its pass. */
export type PassContext = {
  readonly run: RunContext;
  readonly subject: Subject;
  readonly behaviour: Behaviour;
  readonly random: Random;
  /** As {@link RunContext.once}, for things that belong to one subject in one behaviour. */
  once<T>(key: string, make: (scope: Scope) => Promise<T>): Promise<T>;
  readonly scope: Scope;
};

/**
 * The pass that the running code belongs to. Cucumber clones what it hands to a World, so what lives cannot
 * travel that way; the async context of the run can. It is set by the runner and never changed.
 */
export const currentPass = new AsyncLocalStorage<PassContext>();

/** A memo whose makers run once for a key, also when asked at the same time, and fail for all alike. */
export function onceIn(scope: Scope): RunContext["once"] {
  const made = new Map<string, Promise<unknown>>();
  return <T>(key: string, make: (scope: Scope) => Promise<T>): Promise<T> => {
    const known = made.get(key) ?? make(scope);
    made.set(key, known);
    return known as Promise<T>;
  };
}

/** Where the log of a part is kept after the run; undefined when nothing is kept. */
export function logFileOf(run: Pick<RunContext, "logFolder">, name: string): string | undefined {
  return run.logFolder === undefined ? undefined : join(run.logFolder, `${name.replace(/[^\w.-]+/g, "-")}.log`);
}
