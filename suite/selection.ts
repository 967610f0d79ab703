import parseTagExpression from "@cucumber/tag-expressions";
import { MountproofError, messageOf } from "../core/index.ts";
import type { Case } from "./catalogue/case.ts";
import { PROFILE_IDS, profileOf } from "./profiles.ts";

/** Which cases of the catalogue are asked for. Several limits must all hold. */
export type Selection = {
  /** Empty: all of them. */
  readonly profiles: readonly string[];
  readonly ids: readonly string[];
  /** A tag expression: `@core and not @needs:rotate`. */
  readonly tags?: string;
  /** A pattern for id and title, upper and lower case alike. */
  readonly grep?: string;
};

export const EVERYTHING: Selection = { profiles: [], ids: [] };

/** True when something narrower than whole profiles was asked for: then no verdict on a profile can be given. */
export function isPartial(selection: Selection): boolean {
  return selection.ids.length > 0 || selection.tags !== undefined || selection.grep !== undefined;
}

/**
 * The cases that a selection asks for, in catalogue order.
 * @throws MountproofError `invalid_argument` for an unknown profile or id, an expression that cannot be read, and
 * a selection that leaves nothing
 */
export function select(cases: readonly Case[], selection: Selection): Case[] {
  const profiles = selection.profiles.map(knownProfile);
  const ids = new Set(selection.ids.map((id) => knownId(cases, id)));
  const tags = selection.tags === undefined ? undefined : tagExpression(selection.tags);
  const grep = selection.grep === undefined ? undefined : pattern(selection.grep);
  const selected = cases.filter(
    (one) =>
      (profiles.length === 0 || profiles.includes(one.profile)) &&
      (ids.size === 0 || ids.has(one.id)) &&
      (tags === undefined || tags.evaluate([...one.tags])) &&
      (grep === undefined || grep.test(`${one.id} ${one.title}`)),
  );
  if (selected.length === 0)
    throw invalid(`no case matches ${shown(selection)}`, "list the catalogue with: npx mountproof cases");
  return selected;
}

/** The selection as its user gave it. */
function shown({ profiles, ids, tags, grep }: Selection): string {
  const parts = [
    ...profiles.map((profile) => `--profile ${profile}`),
    ...ids.map((id) => `--id ${id}`),
    ...(tags === undefined ? [] : [`--tags "${tags}"`]),
    ...(grep === undefined ? [] : [`--grep "${grep}"`]),
  ];
  return parts.length === 0 ? "the selection" : parts.join(" with ");
}

function knownProfile(id: string): string {
  const profile = profileOf(id);
  if (profile === undefined) throw invalid(`there is no profile "${id}"`, `known are ${PROFILE_IDS.join(", ")}`);
  return profile.id;
}

function knownId(cases: readonly Case[], id: string): string {
  const found = cases.find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (found === undefined) throw invalid(`there is no case "${id}"`, "list the catalogue with: npx mountproof cases");
  return found.id;
}

function tagExpression(text: string): { evaluate(tags: string[]): boolean } {
  try {
    return parseTagExpression(text);
  } catch (cause) {
    throw invalid(`--tags "${text}" cannot be read: ${messageOf(cause)}`, 'for example "@core and not @should"', cause);
  }
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, "i");
  } catch (cause) {
    throw invalid(
      `--grep "${text}" is no pattern: ${messageOf(cause)}`,
      "it is a JavaScript regular expression",
      cause,
    );
  }
}

function invalid(message: string, hint: string, cause?: unknown): MountproofError {
  return new MountproofError("invalid_argument", { message, hint, cause });
}
