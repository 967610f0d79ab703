import { MountproofError } from "./errors.ts";

/**
 * A lifetime (design, rule 2). What is started inside belongs to it and is given back in reverse order,
 * once, whatever happens; one failing clean-up does not keep the others from running.
 *
 * @example
 * async start() {
 *   return await Scope.run("vault", async (scope) => {
 *     const server = scope.use(await startServer());
 *     scope.defer("socket", () => rm(socket));
 *     return new RunningVault(server, scope);       // keeps the scope; disposes it later
 *   });
 * }
 */
export class Scope implements AsyncDisposable {
  readonly name: string;
  readonly #cleanups: { readonly label: string; readonly run: () => unknown }[] = [];
  readonly #controller = new AbortController();
  #disposal: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Aborts when disposal begins: loops of this lifetime end by it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Runs `body`; if it throws, everything it had put into the scope is given back before the error leaves. */
  static async run<T>(name: string, body: (scope: Scope) => Promise<T>): Promise<T> {
    const scope = new Scope(name);
    try {
      return await body(scope);
    } catch (error) {
      await scope[Symbol.asyncDispose]().catch(() => undefined); // the first error is the one that matters
      throw error;
    }
  }

  /** Takes a running thing over and returns it. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer("resource", () =>
      Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  /** Registers a clean-up. After disposal began it is refused: the caller still owns what it has. */
  defer(label: string, run: () => unknown): void {
    if (this.#disposal !== undefined)
      throw new MountproofError("internal", { message: `lifetime "${this.name}" is over, "${label}" cannot join it` });
    this.#cleanups.push({ label, run });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    this.#controller.abort(new MountproofError("cancelled", { message: `"${this.name}" is stopping` }));
    const failures: unknown[] = [];
    for (const cleanup of this.#cleanups.reverse()) {
      try {
        await cleanup.run();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `"${this.name}" did not stop cleanly`);
  }
}
