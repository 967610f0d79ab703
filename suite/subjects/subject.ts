import type { Clock, Log } from "../../core/index.ts";
import type { Quirk } from "../../driver/index.ts";
import type { JournalEntry } from "../../net/index.ts";
import type { ClusterSettings } from "../clusters/settings.ts";
import type { Emulator } from "../emulators/emulator.ts";
import type { Right } from "../judge/rights.ts";
import type { Lifeline } from "../lifeline.ts";
import type { Behaviour } from "../needs.ts";
import type { Spoiler } from "../spoilt-drivers/spoil.ts";
import type { ProviderSpoiler } from "../spoilt-providers/spoil.ts";
import type { KeptLog } from "./kept-log.ts";
import type { Store } from "./store.ts";

/** Who is examined. */
export type Subject = ProviderSubject | StoreProviderSubject | DriverSubject | ReferenceSubject;

/** One valid set of parameters, as a SecretProviderClass holds them under `spec.parameters`. */
export type Parameters = Readonly<Record<string, string>>;

/** What stands behind the parameters: values, and for those given with a path, where each belongs. */
export type SecretValues = {
  readonly values: readonly string[];
  readonly byPath: ReadonlyMap<string, string>;
};

/** What the harness cannot know of a provider; its author says it. Undefined: not given. */
export type ProviderInputs = {
  /** At least one set; several let a case tell their answers apart. */
  readonly parameters?: readonly [Parameters, ...Parameters[]];
  /** Parameters that name an object which is not in the store. */
  readonly missing?: Parameters;
  /** Changes the value behind the parameters. */
  readonly rotate?: (context: RotateContext) => Promise<void>;
  readonly secretValues?: SecretValues;
};

export type RotateContext = {
  readonly socketPath: string;
  /** Ends what the change runs, should the run die. */
  readonly lifeline: Lifeline;
};

/** Where a subject lives while it runs. */
export type SubjectPlace = {
  readonly clock: Clock;
  /** A folder of its own, kept until the run ends. */
  readonly folder: string;
  /** Where what it prints is kept; undefined when it prints nothing of its own. */
  readonly keptLog?: KeptLog;
  readonly log: Log;
  readonly lifeline?: Lifeline;
};

export type ProviderSubject = {
  readonly kind: "provider";
  readonly id: string;
  readonly title: string;
  /**
   * `run`: started once, on the real clock, as a program or at someone else's. `case`: started in each case, in
   * this process and on the case's clock.
   */
  readonly lifetime: "run" | "case";
  /** Whether it can be killed and started again. */
  readonly isProgram: boolean;
  readonly inputs: ProviderInputs;
  /** How long a mount may take, in milliseconds; 5 s when left out. A store that is slow needs more. */
  readonly answerWithinMs?: number;
  start(place: SubjectPlace): Promise<RunningProvider>;
};

export interface RunningProvider extends AsyncDisposable {
  /** Where it was found to listen. */
  readonly socketPath: string;
  /** The folder it was told to put its socket into; undefined when it was not told. */
  readonly socketFolder: string | undefined;
  /** Gone without a goodbye; the socket file stays. Rejects for a provider this run did not start. */
  kill(): Promise<void>;
  /** Runs it again after {@link kill}, or after its own end; returns when it answers. */
  restart(): Promise<void>;
  /** Why it is not there any more; undefined while it is. */
  ended(): string | undefined;
  /** The last lines it printed. */
  logTail(): readonly string[];
}

export type StoreProviderSubject = StoreProviderProgram | StoreProviderInProcess;

/**
 * A provider of one store as a program, with the flags and environment of the one its vendor ships: each case starts it
 * before a fake of that store.
 */
export type StoreProviderProgram = {
  readonly kind: "store-provider";
  readonly id: string;
  readonly title: string;
  readonly store: Store;
  readonly path: string;
  /** What stands where the fake store would: tier E1. */
  readonly emulator?: Emulator;
  readonly start?: never;
};

/** What stands where a fake store would; undefined where one does. */
export function emulatorOfSubject(subject: Subject): Emulator | undefined {
  if (subject.kind === "reference") return subject.emulator;
  return subject.kind === "store-provider" && subject.start === undefined ? subject.emulator : undefined;
}

/** A provider of one store that each case starts in this process and on its own clock. */
export type StoreProviderInProcess = {
  readonly kind: "store-provider";
  readonly id: string;
  readonly title: string;
  readonly store: Store;
  start(place: SocketPlace): Promise<AsyncDisposable>;
  /** What a case runs that wants it as a process. */
  readonly command: readonly [string, ...string[]];
};

export type DriverSubject = DriverProgram | DriverInProcess;

/** A driver binary with the upstream driver's flags. Who runs it and where is the cluster's business. */
export type DriverProgram = {
  readonly kind: "driver";
  readonly id: string;
  readonly title: string;
  readonly path: string;
  readonly start?: never;
};

/** A driver that each case starts in this process and on its own clock. */
export type DriverInProcess = {
  readonly kind: "driver";
  readonly id: string;
  readonly title: string;
  start(place: SocketPlace): Promise<AsyncDisposable>;
};

export type SocketPlace = {
  readonly clock: Clock;
  /** Where it is to listen; a file left there is to be replaced. */
  readonly socketPath: string;
};

/** The parts of this project, put together by each case. */
export type ReferenceSubject = {
  readonly kind: "reference";
  readonly id: string;
  readonly title: string;
  /** Known defects that the driver is to have; the suite's own judges alone set any. */
  readonly defects?: ReadonlySet<Quirk>;
  /** What is put between the driver and its neighbours to spoil it; the suite's own judges alone set any. */
  readonly spoiler?: Spoiler;
  /** What is put between the driver and a store's provider to spoil that; the suite's own judges alone set any. */
  readonly providerSpoiler?: ProviderSpoiler;
  /** What the driver's chart does not let it do (`get pods`); the suite's own judges alone say so. */
  readonly withoutRight?: Right;
  /** Told at the end of each case what its journal holds; judges listen. */
  readonly onJournal?: (id: string, behaviour: Behaviour, journal: readonly JournalEntry[]) => void;
  /** What stands where the fake store would: tier E1. */
  readonly emulator?: Emulator;
  /** A cluster that is not this run's own, with the parts in it: tiers E2 and E3. */
  readonly cluster?: ClusterUnderTest;
};

export type ClusterUnderTest = {
  readonly kubeconfig: string;
  readonly context: string;
  readonly settings: ClusterSettings;
  /** Whoever gave it has swept it: what is labelled there now is this run's. */
  readonly isKept?: boolean;
  /** It is deleted when the run ends: what is in it need not be taken away. */
  readonly isDeleted?: boolean;
  /** On what the run makes there, so that a later one knows what it left. */
  readonly runId: string;
};

export const REFERENCE: ReferenceSubject = {
  kind: "reference",
  id: "reference",
  title: "the reference driver and providers",
};
