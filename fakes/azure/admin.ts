import type { Clock } from "../../core/index.ts";
import type { Dialer } from "../../net/index.ts";
import { type RemoteStore, remoteStore } from "../kit/index.ts";
import type { FederatedCredential } from "./directory/directory.ts";
import { type AzureSeed, seedAzure } from "./seed.ts";
import type { AzureState } from "./state.ts";

/** What steps tell Azure, whether it is in this process or in a pod. */
export type AzureTold = { readonly [K in keyof AzureAdmin]: (...said: Parameters<AzureAdmin[K]>) => Promise<unknown> };

/** Azure's owner at work, without a socket. */
export class AzureAdmin {
  readonly #state: AzureState;

  constructor(state: AzureState) {
    this.#state = state;
  }

  /** @throws MountproofError `invalid_argument` */
  async seed(seed: AzureSeed): Promise<void> {
    await seedAzure(this.#state, seed);
  }

  /** One more federated credential of an identity. */
  async federate(clientId: string, credential: FederatedCredential): Promise<void> {
    this.#state.directory.identity(clientId).federatedCredentials.push(credential);
  }

  /** Every federated credential of an identity is for another subject from now on. */
  async refederate(clientId: string, subject: string): Promise<void> {
    const identity = this.#state.directory.identity(clientId);
    identity.federatedCredentials = identity.federatedCredentials.map((credential) => ({ ...credential, subject }));
  }

  async enableSecret(vault: string, name: string, enabled: boolean): Promise<void> {
    this.#state.vault(vault).secrets.update(name, "", { attributes: { enabled } });
  }

  /** One more access policy. @param secrets permissions: `get`, `list` */
  async allow(vault: string, clientId: string, secrets: readonly string[]): Promise<void> {
    const { objectId } = this.#state.directory.identity(clientId);
    this.#state.vault(vault).access.policies.push({ objectId, secrets: [...secrets] });
  }

  /** Takes every access policy away. */
  async allowNobody(vault: string): Promise<void> {
    this.#state.vault(vault).access.policies = [];
  }
}

export const AZURE_OPERATIONS = [
  "seed",
  "federate",
  "refederate",
  "enableSecret",
  "allow",
  "allowNobody",
] as const satisfies readonly (keyof AzureAdmin)[];

/** A fake Azure in a pod of its own, emptied of what an earlier scenario left. */
export async function openRemoteAzure(
  url: string,
  clock: Clock,
  dialer?: Dialer,
): Promise<RemoteStore & { readonly told: AzureTold }> {
  const store = remoteStore(url, clock, dialer);
  await store.reset();
  const tell =
    (operation: (typeof AZURE_OPERATIONS)[number]) =>
    (...said: readonly unknown[]): Promise<void> =>
      store.tell(operation, said);
  return {
    ...store,
    told: {
      seed: tell("seed"),
      federate: tell("federate"),
      refederate: tell("refederate"),
      enableSecret: tell("enableSecret"),
      allow: tell("allow"),
      allowNobody: tell("allowNobody"),
    },
  };
}
