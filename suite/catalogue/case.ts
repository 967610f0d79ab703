import type { Behaviour, Need, Tier } from "../needs.ts";

export type Level = "core" | "extended" | "provisional";
export type Strength = "must" | "should";

/** One requirement: a scenario, with all rows of its examples. */
export type Case = {
  readonly id: string;
  readonly profile: string;
  readonly level: Level;
  readonly strength: Strength;
  readonly title: string;
  /** The feature it stands in, and the rule when there is one. */
  readonly feature: string;
  readonly needs: readonly Need[];
  /** Where it holds; empty means everywhere. */
  readonly behaviours: readonly Behaviour[];
  readonly tier: Tier;
  /** Public documentation or issues the requirement comes from. */
  readonly docs: readonly string[];
  /** Relative to the package: `features/provider-grpc/mount.feature`. */
  readonly file: string;
  readonly line: number;
  readonly steps: number;
  /** Scenarios it stands for: the rows of its examples, else one. */
  readonly rows: number;
  /** All tags, inherited ones included. */
  readonly tags: readonly string[];
};

/** Something wrong in a feature file; any of them fails the build and the run. */
export type Problem = { readonly file: string; readonly line: number; readonly message: string };

export type Catalogue = { readonly cases: readonly Case[]; readonly problems: readonly Problem[] };
