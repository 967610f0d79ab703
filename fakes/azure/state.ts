import { type Clock, MountproofError, type Random } from "../../core/index.ts";
import { Directory } from "./directory/directory.ts";
import { Vault } from "./vault/vault.ts";

/** All that a fake Azure knows: who there is, and which vaults. */
export class AzureState {
  readonly directory: Directory;
  /** Client ids by `namespace/pod`, for AAD Pod Identity. */
  readonly podIdentities = new Map<string, string>();
  readonly #vaults = new Map<string, Vault>();
  readonly #parts: { readonly clock: Clock; readonly random: Random };

  constructor(parts: { readonly clock: Clock; readonly random: Random }) {
    this.#parts = parts;
    this.directory = new Directory(parts.random);
  }

  /** Makes a vault that is not there yet. */
  addVault(name: string, tenantId: string): Vault {
    const known = this.#vaults.get(name.toLowerCase());
    if (known !== undefined) return known;
    this.directory.addTenant(tenantId);
    const vault = new Vault(name, tenantId, this.#parts);
    this.#vaults.set(name.toLowerCase(), vault);
    return vault;
  }

  findVault(name: string): Vault | undefined {
    return this.#vaults.get(name.toLowerCase());
  }

  /** The only one, for a fake that is met without a vault's name. */
  onlyVault(): Vault | undefined {
    const [only, more] = this.#vaults.values();
    return more === undefined ? only : undefined;
  }

  /** @throws MountproofError `not_found` */
  vault(name: string): Vault {
    const found = this.findVault(name);
    if (found === undefined)
      throw new MountproofError("not_found", { message: `there is no vault "${name}"`, culprit: { vault: name } });
    return found;
  }
}
