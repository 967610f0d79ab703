import { AwsRefusal } from "../errors.ts";
import { findParameter, type ParameterState, parameterArn } from "./parameter.ts";
import { neededText, type StoreAnswer, type StoreRequest, tagsOf, textsOf } from "./request.ts";

const MOST_TAGS = 50;

/** AddTagsToResource, of parameters alone: SSM's other resources are not here. */
export function addTagsToResource(request: StoreRequest): StoreAnswer {
  setTags(tagged(request, "AddTagsToResource"), tagsOf(request));
  return {};
}

export function removeTagsFromResource(request: StoreRequest): StoreAnswer {
  const { tags } = tagged(request, "RemoveTagsFromResource");
  for (const key of textsOf(request, "TagKeys")) tags.delete(key);
  return {};
}

export function listTagsForResource(request: StoreRequest): StoreAnswer {
  const { tags } = tagged(request, "ListTagsForResource");
  return { TagList: [...tags].map(([Key, Value]) => ({ Key, Value })) };
}

/** @throws AwsRefusal `TooManyTagsError`; then none of them is set */
export function setTags(parameter: ParameterState, tags: readonly (readonly [string, string])[]): void {
  const all = new Map([...parameter.tags, ...tags]);
  if (all.size > MOST_TAGS) throw new AwsRefusal("TooManyTagsError", "");
  for (const [key, value] of tags) parameter.tags.set(key, value);
}

function tagged(request: StoreRequest, operation: string): ParameterState {
  const { account, region, caller } = request;
  const type = neededText(request, "ResourceType");
  const id = neededText(request, "ResourceId");
  if (type !== "Parameter") throw new AwsRefusal("InvalidResourceType", "");
  account.authorize(caller, `ssm:${operation}`, parameterArn(region, account.id, id));
  const parameter = findParameter(account.region(region).parameters, id);
  if (parameter === undefined) throw new AwsRefusal("InvalidResourceId", "");
  return parameter;
}
