import { keepHeapSmall } from "../core/small-heap.ts";

type Run = (argv: readonly string[]) => Promise<number>;

/** Each store's provider, imported only when it is asked for. */
export const PROVIDERS: Readonly<Record<string, () => Promise<Run>>> = {
  aws: async () => (await import("../providers/aws/main.ts")).runAwsProvider,
  azure: async () => (await import("../providers/azure/main.ts")).runAzureProvider,
  gcp: async () => (await import("../providers/gcp/main.ts")).runGcpProvider,
  vault: async () => (await import("../providers/vault/main.ts")).runVaultProvider,
};

/**
 * The driver or a provider, which read their flags themselves and run for days on every node.
 * @returns undefined for everything else
 */
export function partNamed([command, name = "", ...flags]: readonly string[]): (() => Promise<number>) | undefined {
  if (command === "driver")
    return async () => {
      keepHeapSmall();
      const { runDriver } = await import("../driver/main.ts");
      return await runDriver(name === "" ? [] : [name, ...flags]);
    };
  const load = command === "provider" && Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (load === undefined) return undefined;
  return async () => {
    keepHeapSmall();
    return await (await load())(flags);
  };
}
