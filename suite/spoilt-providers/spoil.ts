import type { Mounted, MountRequest, Provider } from "../../providers/kit/index.ts";

/** What a spoiler remembers of a provider since it started. */
export type SpoiltMemory = Map<string, unknown>;

/** One way in which a store's provider can be wrong, put on from outside: the provider itself is as it should be. */
export type ProviderSpoiler = {
  readonly id: string;
  readonly title: string;
  readonly mount: (
    request: MountRequest,
    ask: (request: MountRequest) => Promise<Mounted>,
    memory: SpoiltMemory,
  ) => Promise<Mounted>;
};

/** A provider as good as the given one but for this. */
export function spoilt(provider: Provider, spoiler: ProviderSpoiler): Provider {
  const memory: SpoiltMemory = new Map();
  return {
    runtimeName: provider.runtimeName,
    runtimeVersion: provider.runtimeVersion,
    mount: async (request, context) =>
      await spoiler.mount(request, async (changed) => await provider.mount(changed, context), memory),
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
}
