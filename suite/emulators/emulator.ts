import type { Clock } from "../../core/index.ts";
import type { ServedVault } from "../../fakes/vault/index.ts";
import type { Lifeline } from "../lifeline.ts";
import type { KeptLog } from "../subjects/kept-log.ts";
import type { Store } from "../subjects/store.ts";

/** Stores that others wrote, and that run without a cloud. */
export const EMULATORS = ["vault", "openbao", "moto", "localstack"] as const;
export type EmulatorName = (typeof EMULATORS)[number];

/** Whose provider's cases an emulator serves. */
export const STORE_OF: Readonly<Record<EmulatorName, Store>> = {
  vault: "vault",
  openbao: "vault",
  moto: "aws",
  localstack: "aws",
};

export const TITLE_OF: Readonly<Record<EmulatorName, string>> = {
  vault: "HashiCorp Vault",
  openbao: "OpenBao",
  moto: "moto",
  localstack: "LocalStack",
};

/** Where an emulator lives while a run uses it. */
export type EmulatorPlace = {
  readonly clock: Clock;
  /** A folder of its own, as its home. */
  readonly folder: string;
  readonly lifeline: Lifeline;
  readonly log: KeptLog;
  /** How long it may take until it answers; a minute when left out. */
  readonly readyWithinMs?: number;
};

/** How one is run: a program of this machine, or a container. */
export type EmulatorSource =
  | { readonly how: "program"; readonly path: string }
  | { readonly how: "container"; readonly image: string };

export type Emulator = {
  readonly name: EmulatorName;
  readonly title: string;
  readonly store: Store;
  readonly source: EmulatorSource;
};

/** A running one; what it is told of itself depends on the store. */
export type RunningEmulator = AsyncDisposable & {
  readonly vault?: ServedVault;
  /** AWS's services all at one address. */
  readonly aws?: { readonly url: string; readonly accountId: string };
};

/** `OpenBao (/usr/bin/bao)` */
export function describeEmulator({ title, source }: Pick<Emulator, "title" | "source">): string {
  return `${title} (${source.how === "program" ? source.path : source.image})`;
}
