import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Clock, Scope } from "../../core/index.ts";
import type { Parameters, ProviderSubject, RunningProvider, SecretValues, SubjectPlace } from "./subject.ts";

/** What a running reference provider is made of: its server, and how the value in its store changes. */
export type ReferenceParts = {
  /** Serves the provider on the socket; disposed and called again for a restart. */
  readonly serve: (socketPath: string) => Promise<AsyncDisposable>;
  readonly rotate: () => Promise<void>;
};

export type ReferenceProviderSpec = {
  readonly name: string;
  readonly parameters: readonly [Parameters, ...Parameters[]];
  readonly missing: Parameters;
  readonly secretValues: SecretValues;
  /** Starts the fake store and readies the provider; imports lazily, so that only what a run uses is loaded. */
  readonly start: (clock: Clock, place: SubjectPlace, scope: Scope) => Promise<ReferenceParts>;
};

/** What a store that needs no setting up holds for the provider cases: two secrets, and how a class asks for them. */
export type PairOfSecrets = Pick<ReferenceProviderSpec, "parameters" | "missing" | "secretValues"> & {
  /** By name, as they are before a rotation. */
  readonly values: Readonly<Record<string, string>>;
  /** Values for the same names after one. */
  renewed(): Readonly<Record<string, string>>;
};

/** @param parametersFor parameters that ask for the objects of these names, each in a file of its name */
export function pairOfSecrets(
  first: string,
  second: string,
  parametersFor: (...names: readonly string[]) => Parameters,
): PairOfSecrets {
  const renewed = () => Object.fromEntries([first, second].map((name) => [name, randomBytes(12).toString("hex")]));
  const values = renewed();
  return {
    values,
    renewed,
    parameters: [parametersFor(first, second), parametersFor(second)],
    missing: parametersFor(first, "absent"),
    secretValues: { values: Object.values(values), byPath: new Map(Object.entries(values)) },
  };
}

/** A reference provider with its fake store as a subject of the provider cases: one of its own in each case. */
export function referenceProvider(spec: ReferenceProviderSpec): ProviderSubject {
  const running = new Map<string, ReferenceParts>();
  return {
    kind: "provider",
    id: `reference-${spec.name}`,
    title: `the reference provider "${spec.name}"`,
    lifetime: "case",
    isProgram: true,
    inputs: {
      parameters: spec.parameters,
      missing: spec.missing,
      secretValues: spec.secretValues,
      rotate: async ({ socketPath }) => await running.get(socketPath)?.rotate(),
    },
    start: (place) =>
      Scope.run(`reference provider ${spec.name}`, async (scope) => {
        // Loading modules and making keys takes real time, in which the virtual clock must stand still.
        const parts = await place.clock.activity.track(`reference provider ${spec.name} starts`, () =>
          spec.start(place.clock, place, scope),
        );
        const provider = new RunningReferenceProvider(spec.name, place, parts, scope);
        running.set(provider.socketPath, parts);
        scope.defer("registration", () => running.delete(provider.socketPath));
        await provider.restart();
        return provider;
      }),
  };
}

class RunningReferenceProvider implements RunningProvider {
  readonly socketPath: string;
  readonly socketFolder: string;
  readonly #parts: ReferenceParts;
  readonly #scope: Scope;
  #server: AsyncDisposable | undefined;

  constructor(name: string, place: SubjectPlace, parts: ReferenceParts, scope: Scope) {
    this.socketFolder = place.folder;
    this.socketPath = join(place.folder, `${name}.sock`);
    this.#parts = parts;
    this.#scope = scope;
    scope.defer("provider", () => this.kill());
  }

  async kill(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#server = await this.#parts.serve(this.socketPath);
  }

  ended(): string | undefined {
    return this.#server === undefined ? "a kill" : undefined;
  }

  logTail(): readonly string[] {
    return [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}
