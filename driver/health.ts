import { type Clock, type Scope, seconds } from "../core/index.ts";
import type { ProviderClients } from "./provider/clients.ts";

const TIMEOUT_MS = seconds(5);

/** Asks the providers for their version every `intervalMs` while the scope lives. */
export function startHealthChecks(providers: ProviderClients, intervalMs: number, clock: Clock, scope: Scope): void {
  const loop = async (): Promise<void> => {
    while (!scope.signal.aborted) {
      await clock.sleep(intervalMs, { signal: scope.signal });
      await clock.activity.track("provider health check", () => providers.checkHealth(TIMEOUT_MS, scope.signal));
    }
  };
  const running = loop().catch(() => undefined); // ends by the scope's signal
  scope.defer("health checks", () => running);
}
