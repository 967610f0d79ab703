import { createHash } from "node:crypto";
import type { Random } from "../../../core/index.ts";
import { refuse } from "../framework/errors.ts";
import { base62 } from "../values/ids.ts";

/** What the node is in its cluster: decides `sys/health` and whether it serves or sends elsewhere. */
export type NodeMode =
  | { readonly kind: "active" }
  /** `leader` is the active node's address; without one no active node is known. */
  | { readonly kind: "standby"; readonly leader?: string }
  | { readonly kind: "performance-standby"; readonly leader?: string }
  | { readonly kind: "dr-secondary" };

/** Initialised, sealed, standby: everything that is asked before a token is looked at. */
export class SealState {
  readonly clusterName: string;
  readonly clusterId: string;
  readonly #random: Random;
  mode: NodeMode = { kind: "active" };
  isInitialized = true;
  isSealed = false;
  shares = 1;
  threshold = 1;
  keys: readonly string[];
  nonce = "";
  readonly #given = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
    this.clusterName = `vault-cluster-${base62(random, 8).toLowerCase()}`;
    this.clusterId = random.uuid();
    this.keys = this.#draw(1);
  }

  /** Keys given so far in this attempt to unseal. */
  get progress(): number {
    return this.#given.size;
  }

  /** Back to before `sys/init`. */
  uninitialize(): void {
    this.isInitialized = false;
    this.isSealed = true;
    this.keys = [];
  }

  /** `sys/init`: new keys, sealed until enough of them were given. */
  initialize(shares: number, threshold: number): readonly string[] {
    if (this.isInitialized) throw refuse("Vault is already initialized");
    if (!Number.isInteger(shares) || shares < 1)
      throw refuse("invalid seal configuration: shares must be at least one");
    if (!Number.isInteger(threshold) || threshold < 1)
      throw refuse("invalid seal configuration: threshold must be at least one");
    if (threshold > shares) throw refuse("invalid seal configuration: threshold cannot be larger than shares");
    this.shares = shares;
    this.threshold = threshold;
    this.keys = this.#draw(shares);
    this.isInitialized = true;
    return this.keys;
  }

  seal(): void {
    this.isSealed = true;
    this.resetProgress();
  }

  resetProgress(): void {
    this.#given.clear();
    this.nonce = "";
  }

  /** One key of `sys/unseal`, hex or base64. */
  unsealWith(key: string): void {
    if (!this.isSealed) return;
    const hex = /^[0-9a-fA-F]+$/.test(key) ? key.toLowerCase() : Buffer.from(key, "base64").toString("hex");
    if (hex === "") throw refuse("'key' must be a valid hex or base64 string");
    if (hex.length < 32) throw refuse(`key is shorter than minimum 16 bytes`);
    if (this.nonce === "") this.nonce = this.#random.uuid();
    this.#given.add(hex);
    if (this.#given.size < this.threshold) return;
    const isRight = [...this.#given].every((given) => this.keys.includes(given));
    this.resetProgress();
    if (!isRight) throw refuse("Unseal failed, invalid key");
    this.isSealed = false;
  }

  #draw(shares: number): readonly string[] {
    return Array.from({ length: shares }, () =>
      createHash("sha256").update(this.#random.uuid()).update(this.#random.uuid()).digest("hex"),
    );
  }
}
