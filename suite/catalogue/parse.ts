import { AstBuilder, GherkinClassicTokenMatcher, Parser } from "@cucumber/gherkin";
import { type Background, IdGenerator, type Scenario, type Tag } from "@cucumber/messages";
import { messageOf } from "../../core/index.ts";
import { BEHAVIOUR_TAGS, type Behaviour, isNeed, NEEDS, type Need, TIERS, type Tier } from "../needs.ts";
import { PROFILE_IDS, profileOf } from "../profiles.ts";
import type { Case, Catalogue, Level, Problem, Strength } from "./case.ts";

const ID_TAG = /^@([A-Z]{1,12}(?:-[A-Za-z]+)?-?[0-9]+[a-z]*)$/;
const LEVELS: readonly string[] = ["core", "extended", "provisional"];
const STRENGTHS: readonly string[] = ["must", "should"];

/** The cases of one feature file. Pure: the text in, cases and problems out. */
export function parseFeature(file: string, source: string): Catalogue {
  const parser = new Parser(new AstBuilder(IdGenerator.incrementing()), new GherkinClassicTokenMatcher());
  try {
    const { feature } = parser.parse(source);
    if (feature === undefined) return { cases: [], problems: [{ file, line: 1, message: "holds no feature" }] };
    const cases: Case[] = [];
    const problems: Problem[] = [];
    const read = (scenario: Scenario, context: Context): void => {
      const result = readScenario(file, scenario, context);
      problems.push(...result.problems);
      if (result.case !== undefined) cases.push(result.case);
    };
    const top: Context = {
      feature: feature.name,
      tags: feature.tags,
      docs: docsOf(feature.description),
      inheritedSteps: backgroundSteps(feature.children.map((child) => child.background)),
    };
    for (const child of feature.children) {
      if (child.scenario !== undefined) read(child.scenario, top);
      if (child.rule === undefined) continue;
      const { rule } = child;
      const inside: Context = {
        feature: `${feature.name} › ${rule.name}`,
        tags: [...top.tags, ...rule.tags],
        docs: [...top.docs, ...docsOf(rule.description)],
        inheritedSteps: top.inheritedSteps + backgroundSteps(rule.children.map((part) => part.background)),
      };
      for (const part of rule.children) if (part.scenario !== undefined) read(part.scenario, inside);
    }
    return { cases, problems };
  } catch (error) {
    return { cases: [], problems: [{ file, line: lineOf(error), message: messageOf(error) }] };
  }
}

/** Problems that only the whole catalogue shows: an id that two scenarios carry. */
export function duplicateIds(cases: readonly Case[]): Problem[] {
  const first = new Map<string, Case>();
  const problems: Problem[] = [];
  for (const one of cases) {
    const other = first.get(one.id);
    if (other === undefined) first.set(one.id, one);
    else
      problems.push({
        file: one.file,
        line: one.line,
        message: `the id "${one.id}" is taken by "${other.title}" (${other.file}:${other.line})`,
      });
  }
  return problems;
}

type Context = {
  readonly feature: string;
  readonly tags: readonly Tag[];
  readonly docs: readonly string[];
  readonly inheritedSteps: number;
};

function readScenario(file: string, scenario: Scenario, context: Context): { case?: Case; problems: Problem[] } {
  const { line } = scenario.location;
  const problems: Problem[] = [];
  const complain = (message: string): void => void problems.push({ file, line, message });
  const own = scenario.tags.map((tag) => tag.name);
  const tags = [...new Set([...context.tags.map((tag) => tag.name), ...own])];
  const named = `scenario "${scenario.name}"`;

  const ids = own.flatMap((tag) => ID_TAG.exec(tag)?.[1] ?? []);
  if (ids.length !== 1) complain(`${named} has ${ids.length === 0 ? "no id" : "more than one id"}: tag it as "@PC-04"`);
  const profiles = valuesOf(tags, "profile");
  const profile = profiles.length === 1 ? profileOf(profiles[0] ?? "") : undefined;
  if (profiles.length !== 1) complain(`${named} has ${profiles.length === 0 ? "no profile" : "more than one profile"}`);
  else if (profile === undefined)
    complain(`${named} names the profile "${profiles[0]}", known are ${PROFILE_IDS.join(", ")}`);
  const level = exactlyOne(tags, LEVELS, (found) =>
    complain(`${named} needs one level of ${LEVELS.join(", ")}${found}`),
  );
  const strength = exactlyOne(tags, STRENGTHS, (found) =>
    complain(`${named} needs one strength of ${STRENGTHS.join(", ")}${found}`),
  );
  const needs: Need[] = [];
  for (const need of valuesOf(tags, "needs"))
    if (isNeed(need)) needs.push(need);
    else complain(`${named} needs "${need}", known are ${Object.keys(NEEDS).join(", ")}`);
  const behaviours = new Set<Behaviour>();
  for (const name of valuesOf(tags, "behaviour"))
    if (BEHAVIOUR_TAGS[name] === undefined)
      complain(`${named} names the behaviour "${name}", known are ${Object.keys(BEHAVIOUR_TAGS).join(", ")}`);
    else for (const behaviour of BEHAVIOUR_TAGS[name]) behaviours.add(behaviour);
  const tiers = valuesOf(tags, "tier");
  const tier = tiers[0] ?? "E0";
  if (tiers.length > 1 || !isTier(tier)) complain(`${named} needs one tier of ${TIERS.join(", ")}`);
  if (scenario.name.trim() === "") complain("a scenario has no title");
  if (scenario.steps.length === 0) complain(`${named} is empty: a case that executes no step proves nothing`);
  if (scenario.examples.some((examples) => examples.tableBody.length === 0))
    complain(`${named} has examples without a row`);

  const id = ids[0];
  if (problems.length > 0 || id === undefined || profile === undefined || level === undefined || strength === undefined)
    return { problems };
  return {
    problems,
    case: {
      id,
      profile: profile.id,
      level: level as Level,
      strength: strength as Strength,
      title: scenario.name,
      feature: context.feature,
      needs,
      behaviours: [...behaviours],
      tier: tier as Tier,
      docs: [...context.docs, ...docsOf(scenario.description)],
      file,
      line,
      steps: context.inheritedSteps + scenario.steps.length,
      rows: scenario.examples.reduce((sum, { tableBody }) => sum + tableBody.length, 0) || 1,
      tags,
    },
  };
}

/** Lines `Docs: URL` of a description: where the requirement is written down. */
function docsOf(description: string): string[] {
  return [...description.matchAll(/^\s*Docs:\s*(\S+)\s*$/gm)].map((match) => match[1] ?? "");
}

function backgroundSteps(backgrounds: readonly (Background | undefined)[]): number {
  return backgrounds.reduce((sum, background) => sum + (background?.steps.length ?? 0), 0);
}

/** `@needs:rotate` → `rotate` */
function valuesOf(tags: readonly string[], key: string): string[] {
  const prefix = `@${key}:`;
  return tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));
}

function exactlyOne(
  tags: readonly string[],
  allowed: readonly string[],
  otherwise: (found: string) => void,
): string | undefined {
  const found = allowed.filter((name) => tags.includes(`@${name}`));
  if (found.length !== 1) otherwise(found.length === 0 ? "" : `, has ${found.join(" and ")}`);
  return found.length === 1 ? found[0] : undefined;
}

function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}

/** Gherkin's parser puts the place into the text: `(12:3): expected …`. */
function lineOf(error: unknown): number {
  return Number(/\((\d+):\d+\)/.exec(messageOf(error))?.[1] ?? 1);
}
