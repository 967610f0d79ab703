import { resolve } from "node:path";
import { MountproofError } from "../../core/index.ts";
import type { Fact } from "../../suite/environment.ts";
import {
  type Availability,
  execProvider,
  type Layout,
  NEEDS,
  type Need,
  type ProviderInputs,
  REFERENCE,
  type Subject,
  targetProvider,
} from "../../suite/index.ts";
import { programPath } from "../../suite/subjects/program-file.ts";
import { referenceProviders } from "../../suite/subjects/reference-providers.ts";
import type { RunFlags } from "./flags.ts";
import { type RunOptions, storeProvider, targetPath } from "./options.ts";

/** Which cases run with `--processes`: what they assert, they assert by the wire alone. */
export const RUN_AS_PROCESSES = {
  tag: "@processes",
  reason: "not among the cases that run with their parts as processes (@processes)",
} as const;

/**
 * Who is examined: what the flags name, else the reference parts.
 * @throws MountproofError `invalid_argument` for two subjects at once, or inputs without a provider
 */
export function subjectsOf(
  flags: RunFlags,
  options: RunOptions,
  inputs: ProviderInputs,
  layout: Layout,
): readonly Subject[] {
  const { exec, target, driver, provider } = flags;
  const given = Object.entries({
    "--exec": exec,
    "--target": target,
    "--driver": driver,
    "--provider": provider,
  }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new MountproofError("invalid_argument", {
      message: `${given.map(([flag]) => flag).join(" and ")} name two subjects: a run examines one`,
    });
  if (flags.processes === true && given.length > 0)
    throw new MountproofError("invalid_argument", {
      message: `--processes runs this project's own parts, and ${given.map(([flag]) => flag).join()} names another subject`,
      hint: "a program given by name is a process of its own anyway",
    });
  if (exec !== undefined) {
    if (exec.trim() === "")
      throw new MountproofError("invalid_argument", {
        message: "--exec names no command",
        hint: "--exec './my-provider --socket $SOCKET'",
      });
    const { providerName: name, readyWithinMs, answerWithinMs } = options;
    return [execProvider({ command: exec, name, inputs, readyWithinMs, answerWithinMs })];
  }
  if (target !== undefined) {
    const { answerWithinMs } = options;
    return [targetProvider({ path: resolve(targetPath(target)), inputs, answerWithinMs })];
  }
  if (Object.keys(inputs).length > 0)
    throw new MountproofError("invalid_argument", {
      message: "--parameters, --missing, --rotate and --secret-values describe a provider of yours, and none is given",
      hint: "start one by --exec COMMAND or name one by --target unix:PATH",
    });
  if (driver !== undefined) {
    const path = programPath(driver, "driver");
    return [{ kind: "driver", id: "driver", title: driver, path }];
  }
  if (provider !== undefined) {
    const { store, path } = storeProvider(provider);
    const program = programPath(path, `provider ${store}`);
    const uid = process.getuid?.();
    if (uid !== 0)
      throw new MountproofError("environment", {
        message: `--provider runs a program with mounts of its own, which root may make, and this user ${uid === undefined ? "may not" : `has the number ${uid}`}`,
        hint: "run it as root: its account's files stand at fixed paths, and nobody else sees these mounts",
      });
    return [{ kind: "store-provider", id: store, title: provider, store, path: program }];
  }
  return [...referenceProviders(layout), REFERENCE];
}

/** What is there for a subject: what the machine offers, and what its author said. */
export function availabilityFor(
  subject: Subject,
  facts: readonly Fact[],
  flags: Pick<RunFlags, "realClock" | "processes" | "cluster" | "slow">,
): Availability {
  const available = timeAndParts(subject, facts, flags);
  // What a part counts by its own clock takes as long as it takes.
  const isReal = typeof available.get("virtual-time") === "string";
  available.set("slow", isReal && flags.slow !== true ? "takes minutes in real time: run it with --slow" : true);
  return available;
}

function timeAndParts(
  subject: Subject,
  facts: readonly Fact[],
  flags: Pick<RunFlags, "realClock" | "processes" | "cluster">,
): Map<Need, true | string> {
  const available = new Map<Need, true | string>(
    facts.map((fact) => [fact.need, fact.available ? true : fact.detail] as const),
  );
  if (flags.realClock === true) available.set("virtual-time", "needs virtual time, and --real-clock was given");
  if (flags.cluster === "apiserver")
    available.set("virtual-time", "needs virtual time, and a real kube-apiserver keeps its own");
  if (flags.processes === true)
    available.set("virtual-time", "needs virtual time, and processes run on the real clock");
  else available.set("processes", "needs parts as processes: run it with --processes");
  if (subject.kind === "reference") {
    if (subject.emulator !== undefined)
      available.set("virtual-time", "needs virtual time, and an emulator keeps its own");
    if (subject.cluster !== undefined)
      available.set("virtual-time", "needs virtual time, and a real cluster runs on the real clock");
    return available;
  }
  available.set("virtual-time", "needs virtual time, and a program runs on the real clock");
  if (subject.kind !== "provider") return available;
  const { inputs } = subject;
  const given: readonly (readonly [Need, unknown])[] = [
    ["parameters", inputs.parameters],
    ["missing", inputs.missing],
    ["rotate", inputs.rotate],
    ["secret-values", inputs.secretValues],
  ];
  for (const [need, value] of given)
    available.set(need, value === undefined ? `needs ${NEEDS[need]}; it was not given` : true);
  available.set("program", subject.isProgram ? true : `needs ${NEEDS.program}`);
  return available;
}
